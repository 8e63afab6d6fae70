/** Takes a log with memory dumps, of any size and form: keeps the dumps, and the incidents that the same text proves. */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { DumpReading } from "../../kamailio/dump/reader.js";
import type { LogReading } from "../../kamailio/log/incident.js";
import { withProcessNames } from "../../service/facts/process-names.js";
import { keepIncidents } from "../../service/intake/keep-incidents.js";
import { settleTime, type TakenAt } from "../../service/intake/times.js";
import { readUpload } from "../../service/intake/upload.js";
import { CreateQuery, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, textChunks } from "../kernel/body.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";
import { notWhatIsReadHere } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { incidentOnTheWire } from "../logs/incident-schema.js";
import { DumpUploadSchema, dumpOnTheWire } from "./dump-schema.js";

const EXAMPLE = ` 6(3931) ALERT: <core> [core/pt.c:586]: mem_dump_pkg_fixup(): Memory status (pkg) of process 3931
 6(3931) ALERT: qm_sums: qm_sums(): summarizing all alloc'ed. fragments:
 6(3931) ALERT: qm_sums: qm_sums():  count=   164 size=     14432 bytes from core: core/parser/parse_require.c: parse_require(55)
 6(3931) ALERT: qm_sums: qm_sums(): -----------------------------
`;

const recordDumps = operation({
  operationId: "recordDumps",
  method: "post",
  path: "/v1/instances/{instance}/dumps",
  tags: ["Dumps and logs"],
  summary: "Record memory dumps",
  description:
    "Takes a log with dumps in any of Kamailio's forms, of any size, read as a stream: qm, fm and tlsf, status or summary, shm or pkg, several processes interleaved, through syslog, journald, docker or bare; `mod.stats`, `mod.mem_stats`, `mod.mem_statsx`, `shm.report`, the file of `shm.rprint`, or a gdb walk. Incidents in the same text are recorded too. A dump that lacks lines is recorded with `complete` false and the reason. Posted again, a dump keeps its id: 200 instead of 201 when nothing was new. Of a text without times, the same content within an hour counts as sent twice, unless `at` tells the two apart.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape) },
  body: {
    required: true,
    description: "The log, or what the command printed",
    content: { "text/plain": { schema: z.string(), example: EXAMPLE } },
  },
  responses: {
    200: { description: "All of it was recorded before", content: { "application/json": { schema: DumpUploadSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: DumpUploadSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

export function serveRecordDumps(api: Api) {
  handle(api, recordDumps, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, create } = c.req.valid("query");
    const { now } = c.get("services");
    const taken: TakenAt = { at: takenAt(at, now()), given: at !== undefined };
    bodyKind(c);
    // Before a gigabyte is read for nothing.
    await existingOrAsked(c, instance, create);
    const {
      dumps: reading,
      log,
      head,
    } = await readUpload(textChunks(c, Number.POSITIVE_INFINITY), taken.at, "dumps_and_incidents");
    if (reading === null || (reading.dumps.length === 0 && log.incidents.length === 0)) throw nothingFound(head, reading);
    const recorded = await withInstance(c, instance, create, () => keepAll(c, instance, reading, log, taken));
    const { dumps, incidents, warnings } = recorded;
    const anew = [...dumps, ...incidents].some(({ created }) => created);
    return c.json(
      {
        dumps: dumps.map(({ dump }) => dumpOnTheWire(dump)),
        incidents: incidents.map(({ incident }) => incidentOnTheWire(incident)),
        duplicates: dumps.filter(({ created }) => !created).length,
        warnings,
        lines: reading.lines,
        bytes: reading.bytes,
      },
      anew ? 201 : 200,
    );
  });
}

async function keepAll(c: Context<ApiEnv>, instance: string, reading: DumpReading, log: LogReading, taken: TakenAt) {
  const { store, now } = c.get("services");
  const settled = reading.dumps.map((dump) => {
    const { warning, ...time } = settleTime(dump, taken, log.time_range);
    const warnings = warning === null ? dump.warnings : [...dump.warnings, warning];
    return { dump: { ...dump, warnings }, pid: dump.pid, process: dump.process, ...time };
  });
  const dumps = await store.dumps.add(instance, await withProcessNames(store, instance, settled), now());
  if (dumps === null) return null;
  const kept = await keepIncidents(store, instance, log, taken.at);
  if (kept === null) return null;
  const warnings = [
    ...reading.warnings,
    ...kept.warnings,
    ...(dumps.length === 0 ? ["there is no memory dump in this text; its incidents were recorded, as by .../logs"] : []),
  ];
  return { dumps, incidents: kept.incidents, warnings: [...new Set(warnings)] };
}

/** What the reader says about look-alikes (OpenSIPS' sums, lines too long) is the best answer to why nothing was found. */
function nothingFound(head: string, reading: DumpReading | null): ProblemError {
  const problem = notWhatIsReadHere(head, "dumps", "a memory dump");
  if (reading === null || reading.warnings.length === 0 || problem.code !== "not_read_here") return problem;
  const { message, hint, status, code } = problem;
  return new ProblemError(status, code, { detail: `${message} ${reading.warnings.slice(0, 5).join("; ")}.`, hint });
}
