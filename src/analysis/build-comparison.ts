/**
 * Compares two builds: which flags came and went and what each means for memory, which defaults, managers and limits changed, and which
 * facts about memory differ between the two releases. And says whether the running process is the binary that was recorded.
 *
 * Missing evidence is a result: where one of the two texts does not show something, nothing is said to have changed.
 */
import type { Build } from "../kamailio/binary/build.js";
import { memoryFlag, printsFlag } from "../kamailio/knowledge/compile-flags.js";
import { type ReleaseChange, releaseChanges } from "../kamailio/knowledge/release-changes.js";
import { compareVersions } from "../kamailio/version.js";

/** A flag that only one of the builds has. */
export interface FlagChange {
  flag: string;
  /** What the change means for memory; `null`: nothing. */
  meaning: string | null;
  source: string | null;
}

/** A value that both texts show and that differs. */
export interface FieldChange {
  /** As in the build's JSON: "memory.debug", "limits.buf_size". */
  field: string;
  from: string | number | boolean;
  to: string | number | boolean;
  meaning: string | null;
}

export interface SameBinary {
  /** `null`: the texts share too little to tell. */
  same: boolean | null;
  /** What differs, a sentence each. */
  differences: string[];
}

export interface BuildComparison extends SameBinary {
  /** From the first build's release to the second's; `null` when one is unknown or the products differ. */
  direction: "upgrade" | "downgrade" | "same_version" | null;
  /** Flags of the second build that the first has not; `null` when one of the lists is not complete. */
  flags_gained: FlagChange[] | null;
  flags_lost: FlagChange[] | null;
  changes: FieldChange[];
  /** What the release itself changes for memory, read in the direction of the comparison. */
  release_changes: ReleaseChange[];
}

/** What changes when an instance goes from `a` to `b`. */
export function compareBuilds(a: Build, b: Build): BuildComparison {
  return {
    ...sameBinary(a, b),
    direction: directionOf(a, b),
    flags_gained: flagsOnlyIn(b, a, "present"),
    flags_lost: flagsOnlyIn(a, b, "absent"),
    changes: fieldChanges(a, b),
    release_changes: a.product === b.product && a.product !== "opensips" ? releaseChanges(a.version, b.version) : [],
  };
}

/**
 * Does what the running process says of itself (`core.info`, `core.flags`) describe the recorded binary? After an upgrade without a restart
 * it does not: the process still runs the old code, and a judgement about the file on disk is wrong about it.
 */
export function runningDiffers(recorded: Build, running: Build): SameBinary {
  const { same, differences } = sameBinary(recorded, running);
  if (same !== false) return { same, differences };
  return {
    same,
    differences: [
      ...differences,
      "the running process is not the recorded binary: it was not restarted since the installation, or the text is of another instance",
    ],
  };
}

/** The facts that every build prints of itself; the same everywhere means the same binary as far as texts can tell. */
function sameBinary(a: Build, b: Build): SameBinary {
  const differences: string[] = [];
  const differ = (what: string, one: string | null, two: string | null) => {
    if (one !== null && two !== null && one !== two) differences.push(`${what}: ${one} and ${two}`);
  };
  // A list without a name reads as "other": no contradiction.
  if (a.version !== null && b.version !== null) differ("product", a.product, b.product);
  differ("version", a.version?.text ?? null, b.version?.text ?? null);
  differ("architecture", a.architecture, b.architecture);
  differ("compiled at", a.compiled_at, b.compiled_at);
  differ("source revision", a.source_revision, b.source_revision);
  differ("source state", dirtyText(a), dirtyText(b));
  differ("compiler", a.compiler, b.compiler);
  const flags = flagDifference(a, b);
  if (flags !== null) differences.push(flags);
  if (differences.length > 0) return { same: false, differences };
  const shared = a.version !== null && b.version !== null && a.flags !== null && b.flags !== null;
  return { same: shared ? true : null, differences };
}

function dirtyText(build: Build): string | null {
  return build.source_dirty === null ? null : build.source_dirty ? "changed by hand (dirty)" : "as committed";
}

function flagDifference(a: Build, b: Build): string | null {
  const gained = flagsOnlyIn(b, a, "present")?.map(({ flag }) => `+${flag}`) ?? [];
  const lost = flagsOnlyIn(a, b, "absent")?.map(({ flag }) => `-${flag}`) ?? [];
  return gained.length + lost.length === 0 ? null : `flags: ${[...lost, ...gained].join(" ")}`;
}

/** The flags of one build that the other has not. The meaning is that of going from the first build of the comparison to the second. */
function flagsOnlyIn(build: Build, other: Build, meaning: "present" | "absent"): FlagChange[] | null {
  if (build.flags === null || other.flags === null) return null;
  const others = new Set(other.flags);
  return build.flags.filter((flag) => !others.has(flag)).map((flag) => flagChange(flag, other, meaning));
}

function flagChange(flag: string, other: Build, meaning: "present" | "absent"): FlagChange {
  const row = memoryFlag(flag);
  if (row === null) return { flag, meaning: null, source: null };
  // 6.1 prints DBG_QM_MALLOC again beside DBG_SR_MEMORY: a word that the other release never prints has not come or gone.
  if (printsFlag(row, other.version) === false)
    return {
      flag,
      meaning: `${other.version?.text} does not print this word: its absence there says nothing`,
      source: row.source,
    };
  return { flag, meaning: row[meaning], source: row.source };
}

function directionOf(a: Build, b: Build): BuildComparison["direction"] {
  if (a.version?.major == null || b.version?.major == null || a.product !== b.product) return null;
  const order = compareVersions(a.version, b.version);
  return order === 0 ? "same_version" : order < 0 ? "upgrade" : "downgrade";
}

type Value = string | number | boolean | null;

/** The fields that are compared, with what a change of each means for memory. */
const FIELDS: readonly { field: string; of: (build: Build) => Value; meaning: (from: Value, to: Value) => string | null }[] = [
  { field: "product", of: (build) => build.product, meaning: () => "another server: nothing about memory carries over" },
  { field: "version", of: (build) => build.version?.text ?? null, meaning: () => null },
  {
    field: "architecture",
    of: (build) => build.architecture,
    meaning: () => "sizes of pointers and so of every structure can differ",
  },
  { field: "operating_system", of: (build) => build.operating_system, meaning: () => null },
  {
    field: "memory.debug",
    of: (build) => build.memory.debug,
    meaning: (_from, to) =>
      to === true
        ? "dumps can name who allocated; each chunk costs more bytes, so the same load needs larger pools"
        : "dumps cannot name who allocated any more; each chunk costs fewer bytes",
  },
  {
    field: "memory.default_manager",
    of: (build) => build.memory.default_manager,
    meaning: (from, to) =>
      `without -x and -X the pools are managed by ${to} instead of ${from}; their counters and dumps read differently`,
  },
  {
    field: "memory.managers",
    of: (build) => (build.memory.managers.length === 0 ? null : build.memory.managers.join(", ")),
    meaning: () => "-x and -X can choose only among the managers that are compiled in",
  },
  {
    field: "memory.join_free",
    of: (build) => build.memory.join_free,
    meaning: (_from, to) =>
      to === true ? "free neighbours can be joined again" : "free neighbours are never joined: the pools fragment",
  },
  {
    field: "default_pkg_size_mb",
    of: (build) => build.default_pkg_size_mb,
    meaning: (from, to) => `an instance without -M gets ${to} MB instead of ${from} MB pkg in each process`,
  },
  {
    field: "default_shm_size_mb",
    of: (build) => build.default_shm_size_mb,
    meaning: (from, to) => `an instance without -m gets ${to} MB instead of ${from} MB shm`,
  },
  { field: "limits.buf_size", of: (build) => build.limits.buf_size, meaning: () => "the static receive buffer of each process" },
  {
    field: "limits.max_uri_size",
    of: (build) => build.limits.max_uri_size,
    meaning: () => "static buffers for URIs in each process",
  },
  {
    field: "limits.max_recv_buffer_size",
    of: (build) => build.limits.max_recv_buffer_size,
    meaning: () => "the receive buffers of the kernel, not the pools",
  },
  {
    field: "limits.max_send_buffer_size",
    of: (build) => build.limits.max_send_buffer_size,
    meaning: () => "the send buffers of the kernel, not the pools",
  },
  { field: "limits.max_listen", of: (build) => build.limits.max_listen, meaning: () => null },
  { field: "limits.adaptive_wait_loops", of: (build) => build.limits.adaptive_wait_loops, meaning: () => null },
  { field: "compiler", of: (build) => build.compiler, meaning: () => null },
  { field: "compiled_at", of: (build) => build.compiled_at, meaning: () => null },
  { field: "source_revision", of: (build) => build.source_revision, meaning: () => null },
  {
    field: "source_dirty",
    of: (build) => build.source_dirty,
    meaning: (_from, to) => (to === true ? "the source was changed by hand: facts about the release may not hold" : null),
  },
  { field: "paths.config", of: (build) => build.paths.config, meaning: () => "an instance without -f reads another file" },
  { field: "paths.modules", of: (build) => build.paths.modules?.join(":") ?? null, meaning: () => null },
  { field: "paths.run_dir", of: (build) => build.paths.run_dir, meaning: () => "kamcmd may need -s to find the control socket" },
];

function fieldChanges(a: Build, b: Build): FieldChange[] {
  return FIELDS.flatMap(({ field, of, meaning }) => {
    const from = of(a);
    const to = of(b);
    if (from === null || to === null || from === to) return [];
    return [{ field, from, to, meaning: meaning(from, to) }];
  });
}
