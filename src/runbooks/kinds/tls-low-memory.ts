/** TLS refuses operations to keep memory free: the threshold that Kamailio computes from its processes, and what each connection costs. */
import { KB, mb } from "../../kamailio/units.js";
import { answers, call, command, type Ground, number, submit } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { integer } from "../parameters.js";
import { type Finding, failed, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { decideByDiagnosis } from "../steps/judgements.js";
import { recordBuild, recordConfig, recordLog, recordService, recordSettings, recordUsage, report } from "../steps/records.js";
import { raisePool } from "../steps/restart.js";

/** Free shm below which new connections (1) and running operations (2) are refused, for each process (tls_init.c:795,800@5.6.3, 968@6.1.4). */
const THRESHOLD_1_BYTES = 512 * KB;
const THRESHOLD_2_BYTES = 256 * KB;
/** 9,600 connections filled 700 MB (issue 3980); with sessions up to 130 KB. */
const BYTES_A_CONNECTION = 76_000;

export const tlsLowMemory: KindOfRunbook = {
  kind: "tls_low_memory",
  title: "TLS refuses connections for lack of memory",
  when_to_use:
    'The log says "ssl bug #1491 workaround: not enough memory for safe operation", or new TLS connections fail while old ones work.',
  parameters: [integer("tls_connections", 1, 10_000_000, "Connections to be held at the busy hour"), CONTAINER],
  plan: (g) => ({ title: `TLS and shm on ${g.facts.instance}`, steps: steps(g).filter((one) => one !== null) }),
};

function steps(g: Ground): (StepPlan | null)[] {
  return [
    recordLog(g, incidentFinding(g)),
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordConfig(g, "low_mem_threshold1 and 2 of tls, and tcp_max_connections, stand in it."),
    recordUsage(g, {
      id: "usage_now",
      phase: "triage",
      title: "Read the free shm",
      why: "The module looks at free shm before each operation; a start-up line about bug #1491 is only a notice.",
      since: freshSince(g),
    }),
    threshold(g),
    connections(g),
    liftLogLimit(g, { pool: "shm", target: null, form: "sums" }),
    dumpStep(g, {
      id: "dump_shm",
      phase: "confirm",
      title: "See what holds shm",
      why: "OpenSSL allocates through Kamailio, so connections show as sites of tls (and HTTPS of other modules as well). More structs than sockets is a leak.",
      pool: "shm",
      target: null,
      form: "sums",
      since: freshSince(g),
    }),
    decideByDiagnosis(g, "shm"),
    raisePool(g, "shm", "Restart with more shm"),
    report(g),
  ];
}

function incidentFinding(g: Ground): Finding | null {
  const found = g.facts.incidents.find(({ incident }) => incident.kind === "tls_low_memory");
  return found === undefined
    ? null
    : satisfied("incident", found.id, found.ended_at, `${found.incident.count} times: ${found.incident.quote.slice(0, 300)}`);
}

/** A parameter in KB; 0 switches the check off, below 0 is the default. */
function configured(g: Ground, name: string): number | null {
  const value = g.facts.module_parameters?.find((one) => one.module === "tls" && one.name === name)?.value;
  return typeof value === "number" && value >= 0 ? value * KB : null;
}

function threshold(g: Ground): StepPlan {
  const processes = g.facts.settings.processes.value ?? g.facts.usage.latest?.sample.pkg.length ?? null;
  const of = (name: string, each: number) =>
    configured(g, name) ?? (processes === null || processes === 0 ? null : each * processes);
  const first = of("low_mem_threshold1", THRESHOLD_1_BYTES);
  const second = of("low_mem_threshold2", THRESHOLD_2_BYTES);
  const free = g.facts.usage.latest?.sample.shm?.free ?? null;
  const known = first !== null && second !== null;
  return step({
    id: "threshold",
    phase: "confirm",
    title: "Know the thresholds",
    why: known
      ? `New connections are refused below ${mb(first)} of free shm, running ones fail below ${mb(second)}: 512 KB and 256 KB for each of ${processes ?? "the"} processes, unless low_mem_threshold1 and 2 say otherwise. So much of -m can never be used.`
      : "New connections are refused below 512 KB of free shm for each process, running ones fail below 256 KB: post pkg.stats or the start-up log for the number of processes.",
    commands: [command(g, call(g, "core.shmmem")), command(g, call(g, "core.psx"))],
    expect: free === null ? "free of shm, far above the threshold." : `free is ${mb(free)} now.`,
    when_ok: "Far above: the moment has passed; look at the history.",
    when_not: 'Below: new TLS connections fail now. modparam("tls", "low_mem_threshold1", KB) moves the line, not the need.',
    finding:
      !known || free === null
        ? null
        : free > first
          ? satisfied("usage", null, g.facts.usage.latest?.at ?? null, `${mb(free)} are free, ${mb(first)} are needed.`)
          : failed(
              "usage",
              null,
              g.facts.usage.latest?.at ?? null,
              `${mb(free)} are free, less than the ${mb(first)} of threshold 1.`,
            ),
  });
}

function connections(g: Ground): StepPlan {
  const wanted = number(g, "tls_connections");
  const lines = ["core.tcp_info", "tls.info"].filter((name) => answers(g, name) !== false).map((name) => call(g, name));
  return step({
    id: "connections",
    phase: "collect",
    title: "Count the connections",
    why: `A TLS connection takes some ${Math.round(BYTES_A_CONNECTION / 1000)} KB of shm (up to 130 KB seen)${wanted === null ? "" : `: about ${mb(wanted * BYTES_A_CONNECTION)} for ${wanted}`}.`,
    commands: [...lines.map((line) => command(g, line)), { run_on: "server", text: "ss -tn state established | wc -l" }],
    expect: "Kamailio's count and the kernel's agree within a few.",
    when_ok: "The need is connections times their price: size for it.",
    when_not:
      "Kamailio counts many more than the kernel: connections leak (leak_hunt). Many idle ones: shorten tcp_connection_lifetime.",
    submit: lines.length === 0 ? null : submit(g, "usage", ...lines),
  });
}
