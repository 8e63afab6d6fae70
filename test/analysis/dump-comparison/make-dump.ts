import type { Dump, Site } from "../../../src/kamailio/dump/dump.js";

/** `core: core/re.c: subst_run(447)` with a count and bytes. */
export function site(name: string, count: number | null, bytes: number): Site {
  const match = /^(?:([^:]+): )?(?:([^:]+): )?([^:()]+)\((\d*)\)$/.exec(name);
  if (!match) throw new Error(`not a site: ${name}`);
  const [, module, file, fn, line] = match;
  return { module: module ?? null, file: file ?? null, function: fn ?? null, line: line ? Number(line) : null, count, bytes };
}

/** A dump with these sites; what is not given is what a complete summary of one process prints. */
export function dump(sites: Site[], given: Partial<Dump> = {}): Dump {
  return {
    pool: "pkg",
    pid: 100,
    process_index: 1,
    process: null,
    manager: "qm",
    form: "summary",
    taken_at: null,
    heap_size: null,
    used: null,
    real_used: null,
    free: null,
    max_used: null,
    chunks: null,
    allocated_bytes: null,
    free_fragments: null,
    largest_free_fragment: null,
    sites,
    complete: true,
    incomplete_reason: null,
    warnings: [],
    first_line: 1,
    last_line: 1,
    ...given,
  };
}
