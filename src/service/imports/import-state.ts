/** What is kept of an import: what was asked for, and how far it came. Never credentials. */
import type { StoredImport } from "../../store/imports.js";
import type { Recorded } from "../../store/usage/usage.js";

export type LabelSet = Record<string, string>;

/** As the caller asked; two equal ones are the same import. Times in epoch ms, `null` where nothing was given. */
export interface ImportRequest {
  source: "prometheus";
  url: string;
  from: number | null;
  to: number | null;
  step_s: number | null;
  match: [name: string, value: string][];
}

/** What is fetched, found out once at the beginning. Times in epoch ms. */
export interface ImportPlan {
  /** The names of the metrics on that server, and the prefix that stands for `kamailio_`. */
  metrics: { name: string; prefix: string }[];
  /** The label sets of the one server that is imported: one, or several that followed one another. */
  targets: LabelSet[];
  /** The matchers of every query. */
  match: LabelSet;
  step: number;
  /** How far a query looks back for a sample; `null`: the server's own 5 minutes. */
  lookback: number | null;
  /** Times in which there is anything, in order, both ends included. */
  intervals: [from: number, to: number][];
}

/** What was left out, and how often. */
export interface LeftOut {
  reason: string;
  hint: string | null;
  count: number;
  /** Epoch ms. */
  first_at: number;
}

/** The parts of a problem that are kept. 422: its owner can do something about it. 500: a fault of the service. */
export interface KeptProblem {
  status: 422 | 500;
  code: string;
  detail: string;
  hint: string;
}

export interface ImportState {
  request_id: string;
  plan: ImportPlan | null;
  /** What is before this has been taken in. Epoch ms; `null` before the beginning. */
  next_at: number | null;
  /** Points in time of one chunk; follows what the server's answers weigh. */
  chunk_points: number;
  done_chunks: number;
  accepted: Omit<Recorded, "duplicates">;
  duplicates: number;
  left_out: LeftOut[];
  warnings: string[];
  /** The label sets that are imported, or to choose from; bounded. */
  targets: LabelSet[];
  error: KeptProblem | null;
}

export type UsageImport = StoredImport<ImportRequest, ImportState>;

/** Twelve hours of minutes: some 50 kB a process. */
const FIRST_CHUNK_POINTS = 720;

export function newState(request_id: string): ImportState {
  return {
    request_id,
    plan: null,
    next_at: null,
    chunk_points: FIRST_CHUNK_POINTS,
    done_chunks: 0,
    accepted: { samples: 0, shm: 0, pkg: 0, load: 0 },
    duplicates: 0,
    left_out: [],
    warnings: [],
    targets: [],
    error: null,
  };
}
