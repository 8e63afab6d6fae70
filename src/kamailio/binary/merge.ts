/**
 * Joins what several commands printed of one binary (`-I` and `-V`; `core.info`, `core.flags` and `core.version`) and keeps apart what
 * two binaries printed. What the binary on disk says and what the running process says stay apart: comparing them is the point.
 */
import type { Draft } from "./draft.js";

/** The drafts with those of the same binary joined, in the order of their first appearance. */
export function mergeDrafts(drafts: readonly Draft[]): Draft[] {
  const merged: Draft[] = [];
  for (const draft of drafts) {
    const index = merged.findIndex((other) => areSameBinary(other, draft));
    const other = merged[index];
    if (other === undefined) merged.push(draft);
    else merged[index] = join(other, draft);
  }
  return merged;
}

function areSameBinary(a: Draft, b: Draft): boolean {
  if (a.from_running_process !== b.from_running_process || differ(a, b)) return false;
  if (a.version !== null && b.version !== null) return true;
  if (a.list !== null && b.list !== null) return true;
  // Of a running process people paste core.flags and core.version one after the other: each has what the other lacks.
  return a.from_running_process;
}

/** Something that both show is not the same. */
function differ(a: Draft, b: Draft): boolean {
  if (a.list?.complete && b.list?.complete && a.list.flags.join() !== b.list.flags.join()) return true;
  const pairs: [unknown, unknown][] = [
    [a.product, b.product],
    [a.version?.text ?? null, b.version?.text ?? null],
    [a.architecture, b.architecture],
    [a.operating_system, b.operating_system],
    [a.compiler, b.compiler],
    [a.compiled_at, b.compiled_at],
    [a.source_revision, b.source_revision],
    [a.default_pkg_size_mb, b.default_pkg_size_mb],
    [a.config, b.config],
    [a.run_dir, b.run_dir],
    ...Object.entries(a.limits).map(([name, value]): [unknown, unknown] => [
      value,
      new Map(Object.entries(b.limits)).get(name) ?? null,
    ]),
  ];
  return pairs.some(([one, two]) => one !== null && two !== null && one !== two);
}

function join(a: Draft, b: Draft): Draft {
  return {
    product: a.product ?? b.product,
    version: a.version ?? b.version,
    architecture: a.architecture ?? b.architecture,
    operating_system: a.operating_system ?? b.operating_system,
    list: a.list?.complete ? a.list : b.list?.complete ? b.list : (a.list ?? b.list),
    limits: {
      buf_size: a.limits.buf_size ?? b.limits.buf_size,
      max_uri_size: a.limits.max_uri_size ?? b.limits.max_uri_size,
      max_recv_buffer_size: a.limits.max_recv_buffer_size ?? b.limits.max_recv_buffer_size,
      max_send_buffer_size: a.limits.max_send_buffer_size ?? b.limits.max_send_buffer_size,
      max_listen: a.limits.max_listen ?? b.limits.max_listen,
      adaptive_wait_loops: a.limits.adaptive_wait_loops ?? b.limits.adaptive_wait_loops,
    },
    default_pkg_size_mb: a.default_pkg_size_mb ?? b.default_pkg_size_mb,
    default_shm_size_mb: a.default_shm_size_mb ?? b.default_shm_size_mb,
    compiler: a.compiler ?? b.compiler,
    compiled_at: a.compiled_at ?? b.compiled_at,
    source_revision: a.source_revision ?? b.source_revision,
    source_dirty: a.source_dirty ?? b.source_dirty,
    config: a.config ?? b.config,
    modules: a.modules ?? b.modules,
    run_dir: a.run_dir ?? b.run_dir,
    tcp_poll_methods: a.tcp_poll_methods ?? b.tcp_poll_methods,
    from_running_process: a.from_running_process,
    unknown_lines: [...a.unknown_lines, ...b.unknown_lines],
  };
}
