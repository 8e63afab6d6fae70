/**
 * Ranks the sites that may hold memory which nobody will free. A dump names who allocated, never who forgot to free.
 *
 * Order of evidence (field notes R7 to R10, R12): a count that grows in every interval of several dumps; more objects than the counter that
 * bounds them; growth of what should be gone when a message or request is done; other growth, by bytes. Data that was loaded and the
 * objects of registrations, calls and connections may grow for good reasons, but only as far as their knowledge predicts (`loaded-rows.ts`):
 * what is explained stays behind, with the counter to look at. What a suspect holds of the growth is said with it, and no site that holds a
 * fair share of it is left out: together they account for it, but for what came and stayed in one step.
 */
import { populationCounters } from "../../kamailio/knowledge/load-counters.js";
import type { SiteKnowledge } from "../../kamailio/knowledge/sites.js";
import type { Growth } from "./growth.js";
import { loadedRows } from "./loaded-rows.js";
import type { SiteDelta } from "./site-deltas.js";

export interface Suspect {
  rank: number;
  confidence: "low" | "medium" | "high";
  /** As Kamailio prints it: `core: core/parser/parse_require.c: parse_require(55)`. */
  site: string;
  module: string | null;
  file: string | null;
  function: string | null;
  line: number | null;
  count_delta: number | null;
  bytes_delta: number;
  /** Of the bytes of all sites that grew, 0 to 1. */
  share_of_growth: number;
  count_per_hour: number | null;
  bytes_per_hour: number | null;
  /** In order, strongest first. */
  reasons: string[];
  /** What speaks for another explanation. */
  against: string[];
  /** What would settle it. */
  next: string | null;
}

/** Growth below both is the noise of a running server, not worth a person's time. */
const MIN_CHUNKS = 10;
const MIN_BYTES = 16_384;
/** Where the form prints no counts. */
const MIN_BYTES_UNCOUNTED = 1024;
/** Chunks that stay the same in number but grow are buffers that adapt to their content: only doubling is worth a look. */
const MIN_GROWTH_OF_BUFFERS = 1;
/** A process handles one message at a time: more chunks of one message's site than this in its private pool are left over. */
const MANY_FOR_ONE_MESSAGE = 100;
/** Objects that are being made or freed at the moment of the dump, beyond what the counter says. */
const POPULATION_SLACK = 0.1;
const POPULATION_SLACK_CHUNKS = 10;
/** A site that holds this share of all growth is looked at and shown whatever else stands before it. */
const MUCH_OF_THE_GROWTH = 0.05;
/** Sites shown, beside those that hold much of the growth. */
const MAX_SUSPECTS = 20;

/** What ends with a message, a request or an answer: nothing of it should stay. */
const SHORT_LIVED: ReadonlySet<SiteKnowledge["lifetime"]> = new Set(["per_message", "per_rpc"]);
/** What follows a population that an operator can look up. */
const POPULATED: ReadonlySet<SiteKnowledge["lifetime"]> = new Set(["per_dialog", "per_registration", "per_connection", "cache"]);

interface Weighed {
  delta: SiteDelta;
  share: number;
  weight: number;
  reasons: string[];
  against: string[];
  /** Growth that a population or a reload may explain stays a question until that is known. */
  explicable: boolean;
}

/** `populations`: what counters said when the last dump was taken, by the counter's stable name (`current_transactions`). */
export function rankSuspects(deltas: readonly SiteDelta[], populations: Readonly<Record<string, number>>): Suspect[] {
  const grown = deltas.reduce((sum, { bytes_delta }) => sum + Math.max(0, bytes_delta), 0);
  return deltas
    .map((delta) => ({ delta, share: grown > 0 ? Math.max(0, delta.bytes_delta) / grown : 0 }))
    .filter(({ delta, share }) => isWorthALook(delta, share))
    .map(({ delta, share }) => weigh(delta, share, deltas, populations))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => standing(b) - standing(a) || b.weight - a.weight || b.delta.bytes_delta - a.delta.bytes_delta)
    .filter(({ share }, index) => index < MAX_SUSPECTS || share >= MUCH_OF_THE_GROWTH)
    .map(toSuspect);
}

function isWorthALook({ growth, count_delta, bytes_delta, base_bytes }: SiteDelta, share: number): boolean {
  if (growth.shape === "constant" || growth.shape === "back" || growth.shape === "falling" || bytes_delta <= 0) return false;
  if (count_delta === null) return bytes_delta >= MIN_BYTES_UNCOUNTED;
  if (share >= MUCH_OF_THE_GROWTH && bytes_delta >= MIN_BYTES) return true;
  if (growth.by === "bytes") return bytes_delta >= MIN_BYTES && bytes_delta >= MIN_GROWTH_OF_BUFFERS * base_bytes;
  return count_delta >= MIN_CHUNKS || bytes_delta >= MIN_BYTES;
}

function weigh(
  delta: SiteDelta,
  share: number,
  deltas: readonly SiteDelta[],
  populations: Readonly<Record<string, number>>,
): Weighed {
  const { growth, knowledge } = delta;
  const weighed: Weighed = { delta, share, weight: 1, reasons: [], against: [], explicable: false };
  const say = (weight: number, reason: string) => {
    weighed.weight += weight;
    weighed.reasons.push(reason);
  };
  if (growth.shape === "steady") say(8, `${what(growth)} grew in each of ${growth.intervals} intervals: ${course(delta)}`);
  else weighed.reasons.push(`${what(growth)}: ${course(delta)}`);
  if (growth.shape === "step" || growth.shape === "levelling_off") {
    weighed.weight = 0;
    weighed.against.push(
      growth.shape === "step" ? "it grew once and then stayed" : "it slows down or comes and goes: it fills up to its population",
    );
  }
  if (knowledge === null)
    weighed.against.push("the catalogue does not know this site: what it holds and when it is freed is open");
  else weighLifetime(knowledge, delta, say, weighed);
  weighLoad(delta, deltas, say, weighed);
  weighPopulation(delta, populations, say, weighed);
  for (const fix of knowledge?.leak_fixes.slice(0, 3) ?? [])
    weighed.reasons.push(
      `a leak here was fixed before (${fix.commit}, in ${fix.fixed_in.join(", ")}): compare with the release that runs`,
    );
  return weighed;
}

function weighLifetime(
  knowledge: SiteKnowledge,
  delta: SiteDelta,
  say: (weight: number, reason: string) => void,
  weighed: Weighed,
): void {
  const growing = delta.growth.shape === "steady" || delta.growth.shape === "once";
  if (SHORT_LIVED.has(knowledge.lifetime) && growing) {
    say(
      4,
      `what this site holds is freed ${knowledge.freed_when?.replace(/^freed /, "") ?? "when the message or request is done"}`,
    );
    if (knowledge.pool === "pkg" && (delta.later_count ?? 0) >= MANY_FOR_ONE_MESSAGE)
      say(4, `a process handles one message at a time, yet it holds ${delta.later_count} chunks`);
  } else if (knowledge.lifetime === "unbounded" && growing) say(2, "nothing bounds it");
  else if (knowledge.lifetime === "startup" && !knowledge.runtime_too && growing)
    say(3, "it is allocated at start alone, yet it grew");
  else if (POPULATED.has(knowledge.lifetime)) {
    weighed.explicable = true;
    weighed.against.push(
      knowledge.population
        ? `it follows a population: compare with ${knowledge.population.counter}`
        : "it follows what the server has to hold: registrations, calls, connections or a cache",
    );
  }
}

/** Loaded data explains what its rows and one reload predict; what is beyond is a suspect whatever the shape. */
function weighLoad(
  delta: SiteDelta,
  deltas: readonly SiteDelta[],
  say: (weight: number, reason: string) => void,
  weighed: Weighed,
): void {
  const rows = loadedRows(delta, deltas);
  if (rows === null) return;
  if (rows.finding === "beyond") {
    say(8, rows.why);
    return;
  }
  weighed.explicable = true;
  weighed.against.push(rows.why);
  if (rows.finding === "explained" && delta.growth.shape === "once") weighed.weight -= 1;
}

/** More chunks than objects is a leak whatever the shape; as many as objects explains the growth. */
function weighPopulation(
  { knowledge, later_count, growth }: SiteDelta,
  populations: Readonly<Record<string, number>>,
  say: (weight: number, reason: string) => void,
  weighed: Weighed,
): void {
  const population = knowledge?.population;
  if (population?.per_object !== "1" || later_count === null) return;
  const counter = populationCounters(population.counter).find((name) => populations[name] !== undefined);
  const objects = counter === undefined ? undefined : populations[counter];
  if (objects === undefined) return;
  if (later_count > objects * (1 + POPULATION_SLACK) + POPULATION_SLACK_CHUNKS) {
    weighed.explicable = false;
    say(8, `${later_count} chunks, but ${counter} says ${objects}`);
  } else {
    weighed.weight = growth.shape === "steady" ? 1 : 0;
    weighed.against.push(`${counter} says ${objects}: as many as there are chunks`);
  }
}

const what = ({ by }: Growth) => (by === "count" ? "its count" : "its size");

function course({ growth, counts, bytes }: SiteDelta): string {
  return (growth.by === "count" ? counts : bytes).join(" -> ") + (growth.by === "count" ? "" : " bytes");
}

/** Weights of which a single one (steady growth, more than the population) is medium, two are high. */
const MEDIUM_WEIGHT = 8;
const HIGH_WEIGHT = 12;

const CONFIDENCE = ["low", "medium", "high"] as const;

/** Which confidence a site earns: what something else may explain never more than the lowest. */
function standing({ weight, explicable }: Weighed): number {
  if (explicable || weight < MEDIUM_WEIGHT) return 0;
  return weight < HIGH_WEIGHT ? 1 : 2;
}

function toSuspect(weighed: Weighed, index: number): Suspect {
  const { delta, share, reasons, against } = weighed;
  const { module, file, line, count_delta, bytes_delta, count_per_hour, bytes_per_hour, knowledge } = delta;
  return {
    rank: index + 1,
    confidence: CONFIDENCE[standing(weighed)] ?? "low",
    site: delta.site,
    module,
    file,
    function: delta.function,
    line,
    count_delta,
    bytes_delta,
    share_of_growth: Math.round(share * 10_000) / 10_000,
    count_per_hour,
    bytes_per_hour,
    reasons,
    against,
    next: knowledge?.population ? `compare its count with ${knowledge.population.counter}` : null,
  };
}
