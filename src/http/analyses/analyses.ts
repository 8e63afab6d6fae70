/** The stateless analysis: any texts of one server, recognised by themselves and explained, with nothing stored. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Analyser, createAnalyser } from "../../analysis/analyses/analyser.js";
import type { Analysis } from "../../analysis/analyses/analysis.js";
import { MB } from "../../kamailio/units.js";
import { analysisDocument } from "../../web/analysis-document.js";
import { bodyKind, bodyText, parseJson, textChunks } from "../kernel/body.js";
import type { ApiEnv } from "../kernel/env.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { nestedTooDeep, Problem, ProblemError } from "../kernel/problem.js";
import { AnalysisSchema, AnalysisTexts, analysisOnTheWire, MAX_SITES } from "./analyses-schema.js";

/** JSON is read as a whole; texts of any size come as they are. */
const JSON_LIMIT = 8 * MB;
/** Bytes that are read before other requests get a turn: some milliseconds. */
const TURN = MB;

const EXAMPLE = `version: kamailio 5.6.3 (x86_64/linux)
flags: USE_TCP, USE_TLS, SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY
compiled with gcc 12.2.0
Nov 23 01:17:35 sip1 kamailio[3931]: ERROR: <core> [core/parser/msg_parser.c:351]: get_hdr_field(): pkg memory allocation failure
`;

const judged = judgementResponses(AnalysisSchema, "What the texts mean");

const analyseTexts = operation({
  operationId: "analyseTexts",
  method: "post",
  path: "/v1/analyses",
  tags: ["Analyses"],
  summary: "Read any texts and say what they mean; nothing is stored",
  description:
    'Everything that the other endpoints read, recognised by itself, one text or several after one another: logs and memory dumps of any size, builds, settings, counters, host memory, kamailio.cfg. With the judgements that need no recorded history. Several named texts go as JSON: `{"texts": [{"name", "text"}]}`; other JSON is read as the text that it is. The texts count as those of one server.',
  scope: "read",
  request: {
    query: z.object({
      ...JudgementQuery,
      sites: z.coerce
        .number()
        .int()
        .min(1)
        .max(MAX_SITES)
        .default(100)
        .openapi({
          param: { name: "sites", in: "query", description: "Sites listed of each dump and comparison" },
          example: 100,
        }),
      timezone: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .openapi({
          param: { name: "timezone", in: "query", description: "Zone of local times in counters: an IANA name or +hh:mm" },
          example: "Europe/Berlin",
        }),
    }),
  },
  body: {
    required: true,
    description: "One text of any size, or several as JSON",
    content: {
      "text/plain": { schema: z.string(), example: EXAMPLE },
      "application/json": { schema: AnalysisTexts },
    },
  },
  responses: {
    200: judged[200],
    422: {
      description:
        "With `fail=true`, the same when it is not ok; or nothing of it is read here: the problem says what it looks like",
      content: { ...judged[422].content, "application/problem+json": { schema: Problem } },
    },
  },
  problems: [413, 415],
});

export function serveAnalyses(api: Api) {
  handle(api, analyseTexts, async (c) => {
    const query = c.req.valid("query");
    const analyser = createAnalyser({
      now: c.get("services").now(),
      timezone: query.timezone ?? null,
      sites: query.sites,
      pause: otherRequests,
    });
    if (bodyKind(c) === "json") await readJson(c, analyser);
    else await readText(c, analyser);
    const analysis = await analyser.end();
    if (analysis.recognised.length === 0) throw nothingRead(analysis);
    return judgementAnswer(c, query, analysisOnTheWire(analysis), () => analysisDocument(analysis));
  });
}

const otherRequests = () => new Promise<void>((resolve) => setImmediate(resolve));

async function readText(c: Context<ApiEnv>, analyser: Analyser): Promise<void> {
  await analyser.begin("text");
  let sinceTurn = 0;
  for await (const chunk of textChunks(c, Number.POSITIVE_INFINITY)) {
    await analyser.push(chunk);
    sinceTurn += chunk.length;
    if (sinceTurn < TURN) continue;
    sinceTurn = 0;
    await otherRequests();
  }
}

async function readJson(c: Context<ApiEnv>, analyser: Analyser): Promise<void> {
  const body = await bodyText(c, JSON_LIMIT);
  if (!namesTexts(body)) {
    await analyser.begin("text");
    await analyser.push(Buffer.from(body));
    return;
  }
  const { texts } = parseJson(body, AnalysisTexts);
  for (const [index, { name, text, taken_at }] of texts.entries()) {
    await analyser.begin(name ?? `text ${index + 1}`, taken_at === undefined ? null : Date.parse(taken_at));
    await analyser.push(Buffer.from(text));
    await otherRequests();
  }
}

/** The answer of an RPC command is JSON too, and a text like others. */
function namesTexts(body: string): boolean {
  return /^\s{0,1000}\{\s{0,1000}"texts"\s{0,100}:/.test(body);
}

function nothingRead({ unrecognised }: Analysis): ProblemError {
  const [first] = unrecognised;
  if (unrecognised.every(({ kind }) => kind === "empty"))
    return new ProblemError(422, "empty_body", { detail: "There is no text.", hint: first?.hint ?? null });
  if (unrecognised.every(({ kind }) => kind === "nested")) return nestedTooDeep();
  const looks = unrecognised.map(({ text, title, reason }) => {
    const what = unrecognised.length > 1 ? `${text} looks like ${title}` : `it looks like ${title}`;
    return reason === null ? what : `${what}; ${reason}`;
  });
  return new ProblemError(422, "not_recognised", {
    detail: `Nothing in this is read here: ${looks.slice(0, 10).join("; ")}.`,
    hint: first?.hint ?? null,
  });
}
