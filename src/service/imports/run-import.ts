/** Runs one import: finds out what there is, then takes it in chunk by chunk, each written down before the next is fetched. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MB } from "../../kamailio/units.js";
import type { Store } from "../../store/store.js";
import type { Recorded, TimedSample } from "../../store/usage/usage.js";
import { ReadingFactsCache } from "../intake/reading-facts.js";
import type { OutgoingClient } from "../outgoing/outgoing.js";
import { nextChunk } from "./chunks.js";
import { discover } from "./discover.js";
import type { ImportPlan, ImportState, UsageImport } from "./import-state.js";
import { Moments } from "./moments.js";
import { latestWithin, PrometheusSource, type Series, selector, TooMuch } from "./prometheus.js";
import { shownTargets } from "./targets.js";

export interface ImportTools {
  store: Store;
  outgoing: OutgoingClient;
  /** Epoch ms. */
  now: () => number;
  /** `RETENTION_ROLLUP_DAYS`: older history would be deleted at once. */
  history_days: number;
  /** Milliseconds before each further try when the server does not answer. */
  retry_delays?: readonly number[];
}

/** The import was cancelled, its instance deleted, or the service stops: nothing more is to be written. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** A server that is started anew is back by then. Milliseconds. */
const RETRY_DELAYS: readonly number[] = [1_000, 4_000, 15_000];
/** Samples in one write, few enough that other requests get in between. */
const SAMPLES_PER_WRITE = 100;
/** Milliseconds of work before others have their turn. */
const TURN = 8;
/** Requests to the server at the same time. */
const PARALLEL = 3;
/** What one answer should weigh: some 5 ms to parse. Bytes. */
const WANTED_ANSWER = 400_000;
/** Two days of minutes; all values of a chunk are held in memory. */
const MOST_CHUNK_POINTS = 2_880;
const LEAST_CHUNK_POINTS = 10;
const MOST_LEFT_OUT = 20;
const MOST_WARNINGS = 50;

/**
 * Runs an import to its end.
 *
 * @throws ImportFailure when its owner has to do something; Interrupted when it is to stop where it is
 */
export async function runImport(
  { store, outgoing, now, history_days, retry_delays = RETRY_DELAYS }: ImportTools,
  stored: UsageImport,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { id, instance, request } = stored;
  const state: ImportState = { ...stored.state, error: null };
  const source = new PrometheusSource({ outgoing, url: request.url, headers, signal, retry_delays });
  const { shm_size_mb } = await new ReadingFactsCache().of(store, instance);
  // The release that runs now says nothing about the one that ran then; a pool's size proves itself by the figures that it fits.
  const facts = { version: null, sizes: shm_size_mb === null ? [] : [shm_size_mb * MB] };
  let previous: TimedSample | null = null;

  async function save(status: "running" | "done"): Promise<void> {
    if (signal.aborted || !(await store.imports.update(id, { status, state }, now()))) throw new Interrupted();
  }

  async function planned(): Promise<ImportPlan> {
    if (state.plan !== null) return state.plan;
    const { plan, warnings } = await discover(source, request, now(), history_days);
    state.targets = shownTargets(plan.targets);
    state.warnings = warnings;
    state.plan = plan;
    await save("running");
    return plan;
  }

  async function fetchChunk(plan: ImportPlan, from: number, to: number): Promise<Moments> {
    const moments = new Moments(from, to, plan.step, plan.targets);
    const waiting = [...plan.metrics];
    const fetchSome = async () => {
      for (let metric = waiting.shift(); metric !== undefined; metric = waiting.shift())
        moments.add(metric, await fetchSeries(plan, metric.name, from, to));
    };
    try {
      await Promise.all(Array.from({ length: PARALLEL }, fetchSome));
    } finally {
      // After an error the others fetch nothing more.
      waiting.length = 0;
    }
    return moments;
  }

  function fetchSeries(plan: ImportPlan, name: string, from: number, to: number): Promise<Series[]> {
    return source.queryRange(latestWithin(selector(name, plan.match), plan.lookback), from, to, plan.step);
  }

  async function keep(samples: readonly TimedSample[]): Promise<Recorded> {
    if (signal.aborted) throw new Interrupted();
    const recorded = await store.usage.add(instance, samples, now(), previous);
    if (recorded === null) throw new Interrupted();
    previous = samples.at(-1) ?? previous;
    return recorded;
  }

  async function takeIn(moments: Moments): Promise<void> {
    const total: Recorded = { ...state.accepted, duplicates: state.duplicates };
    const leftOut = structuredClone(state.left_out);
    const take = async (batch: readonly TimedSample[]) => addTo(total, await keep(batch));
    let batch: TimedSample[] = [];
    let turn = performance.now();
    const samples = moments.samples(
      facts,
      (at, reason, hint) => countLeftOut(leftOut, at, reason, hint),
      (text) => {
        if (state.warnings.length < MOST_WARNINGS && !state.warnings.includes(text)) state.warnings.push(text);
      },
    );
    for (const sample of samples) {
      batch.push(sample);
      if (batch.length >= SAMPLES_PER_WRITE) {
        await take(batch);
        batch = [];
      }
      if (performance.now() - turn > TURN) {
        await nextTurn();
        turn = performance.now();
      }
    }
    if (batch.length > 0) await take(batch);
    const { duplicates, ...accepted } = total;
    Object.assign(state, { accepted, duplicates, left_out: leftOut });
  }

  try {
    await save("running");
    const plan = await planned();
    for (;;) {
      const chunk = nextChunk(plan, state.next_at, state.chunk_points);
      if (chunk === null) break;
      const [from, to] = chunk;
      const points = (to - from) / plan.step + 1;
      source.largest_answer = 0;
      let moments: Moments;
      try {
        moments = await fetchChunk(plan, from, to);
      } catch (error) {
        if (!(error instanceof TooMuch) || points <= LEAST_CHUNK_POINTS) throw error;
        state.chunk_points = Math.max(LEAST_CHUNK_POINTS, Math.floor(points / 2));
        continue;
      }
      await takeIn(moments);
      state.chunk_points = chunkPoints(points, source.largest_answer, state.chunk_points);
      state.next_at = to + plan.step;
      state.done_chunks++;
      await save("running");
    }
    await save("done");
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw error instanceof TooMuch ? error.failure : error;
  }
}

/** The next chunk has as many points as make an answer of the wanted size, growing by no more than twice. */
function chunkPoints(points: number, largestAnswer: number, current: number): number {
  const wanted = Math.floor((points * WANTED_ANSWER) / Math.max(1, largestAnswer));
  return Math.min(MOST_CHUNK_POINTS, 2 * current, Math.max(LEAST_CHUNK_POINTS, wanted));
}

function addTo(total: Recorded, more: Recorded): void {
  total.samples += more.samples;
  total.shm += more.shm;
  total.pkg += more.pkg;
  total.load += more.load;
  total.duplicates += more.duplicates;
}

function countLeftOut(leftOut: ImportState["left_out"], at: number, reason: string, hint: string | null): void {
  const known = leftOut.find((entry) => entry.reason === reason);
  if (known !== undefined) known.count++;
  else if (leftOut.length < MOST_LEFT_OUT) leftOut.push({ reason, hint, count: 1, first_at: at });
}
