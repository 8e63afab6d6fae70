/**
 * Where a memory manager keeps what, on a 64-bit machine: byte offsets by release, so that gdb can walk a pool of a stripped binary. Computed
 * from the headers of each tag (mem/q_malloc.h, mem/f_malloc.h); the walk with them was checked on 4.4.7, 5.6.3, 5.8.8 and 6.1.4.
 */
import type { Manager, Pool } from "../pool.js";
import type { Version } from "../version.js";
import { factAt, type Row } from "./releases.js";

/** Offsets in the control block at the pool's start. */
interface BlockLayout {
  size: number;
  used: number;
  real_used: number;
  max_real_used: number;
  /** The number of free fragments; `null` where the block does not keep it (up to 4.1). */
  ffrags: number | null;
  first_fragment: number;
  /** Where the walk ends. */
  last_fragment: number;
}

/** Offsets in a fragment's header; the payload follows the header, and after it the end mark. */
interface FragmentLayout {
  header_bytes: number;
  end_bytes: number;
  /** Zero while the fragment is allocated, and how wide the word is. */
  is_free: number;
  is_free_type: "long" | "int";
  /** Who allocated; `null` in a build without debugging. */
  site: { file: number; function: number; line: number; module: number | null } | null;
  /** The word 0xf0f0f0f0; `null` where there is none, or not in this build. */
  check: number | null;
}

export interface GdbLayout {
  manager: "qm" | "fm";
  /** The name that the control structure gives (`q_malloc`); `null` where the manager is compiled in and has no name to ask for. */
  manager_name: string | null;
  /** The global symbol, and how far behind it the address of the control block lies. It is in the dynamic symbols of a stripped binary. */
  root: string;
  root_offset: number;
  block: BlockLayout;
  fragment: FragmentLayout;
}

const OLD_BLOCK: BlockLayout = {
  size: 0,
  used: 8,
  real_used: 16,
  max_real_used: 24,
  ffrags: null,
  first_fragment: 32,
  last_fragment: 40,
};
const BLOCK: BlockLayout = {
  size: 8,
  used: 16,
  real_used: 24,
  max_real_used: 32,
  ffrags: 40,
  first_fragment: 48,
  last_fragment: 56,
};
/** A reserved word stands before the first fragment (f_malloc.h@5.8.8). */
const WIDE_FM_BLOCK: BlockLayout = { ...BLOCK, first_fragment: 56, last_fragment: 64 };

interface Layout {
  block: BlockLayout;
  debug: FragmentLayout;
  release: FragmentLayout;
}

const QM_RELEASE: FragmentLayout = {
  header_bytes: 16,
  end_bytes: 16,
  is_free: 8,
  is_free_type: "long",
  site: null,
  check: null,
};

function qmDebug(header_bytes: number, line: number, check: number): FragmentLayout {
  const module = line === 40 ? 32 : null;
  return {
    header_bytes,
    end_bytes: 48,
    is_free: 8,
    is_free_type: "long",
    site: { file: 16, function: 24, line, module },
    check,
  };
}

function fm(header_bytes: number, is_free: number, site: FragmentLayout["site"]): FragmentLayout {
  return { header_bytes, end_bytes: 0, is_free, is_free_type: is_free === 8 ? "long" : "int", site, check: null };
}

const FM_SITE = { file: 32, function: 40, line: 56, module: 48 };

const LAYOUTS: Record<"qm" | "fm", readonly Row<Layout>[]> = {
  qm: [
    {
      since: "3.3.5",
      until: "4.1.9",
      value: { block: OLD_BLOCK, debug: qmDebug(48, 32, 40), release: QM_RELEASE },
      source: "mem/q_malloc.h@3.3.7",
    },
    {
      since: "4.2.0",
      until: "4.3.7",
      value: { block: BLOCK, debug: qmDebug(48, 32, 40), release: QM_RELEASE },
      source: "mem/q_malloc.h@4.2.0",
    },
    {
      since: "4.4.0",
      until: "5.7.7",
      value: { block: BLOCK, debug: qmDebug(56, 40, 48), release: QM_RELEASE },
      source: "mem/q_malloc.h@4.4.0",
    },
    {
      since: "5.8.0",
      until: "6.1.99",
      value: { block: BLOCK, debug: qmDebug(64, 40, 48), release: QM_RELEASE },
      source: "src/core/mem/q_malloc.h@5.8.0",
    },
    {
      since: "6.2.0",
      until: null,
      value: { block: BLOCK, debug: qmDebug(64, 40, 56), release: QM_RELEASE },
      source: "src/core/mem/q_malloc.h@master (38711a3e78)",
    },
  ],
  // Up to 4.3.2 a free fragment is known by a pointer that the last of its list has not: a walk would count it as allocated.
  fm: [
    {
      since: "4.3.3",
      until: "4.3.7",
      value: { block: BLOCK, debug: fm(64, 24, { file: 32, function: 40, line: 48, module: null }), release: fm(32, 24, null) },
      source: "mem/f_malloc.h@4.3.7",
    },
    {
      since: "4.4.0",
      until: "5.7.7",
      value: { block: BLOCK, debug: fm(72, 24, FM_SITE), release: fm(32, 24, null) },
      source: "mem/f_malloc.h@4.4.7",
    },
    {
      since: "5.8.0",
      until: null,
      value: { block: WIDE_FM_BLOCK, debug: fm(80, 8, FM_SITE), release: fm(48, 8, null) },
      source: "src/core/mem/f_malloc.h@5.8.8",
    },
  ],
};

interface Root {
  symbols: Record<Pool, string>;
  offset: number;
  /** The first word points to the manager's name. */
  named: boolean;
}

/** sr_pkg_api_t: the name, the pool, the control block (mem/memapi.h@4.4.0). Before it, a pointer to the control block. */
const ROOTS: readonly Row<Root>[] = [
  {
    since: "3.3.5",
    until: "4.3.7",
    value: { symbols: { pkg: "mem_block", shm: "shm_block" }, offset: 0, named: false },
    source: "mem/mem.c:51-55@4.3.7, mem/shm_mem.c:60-70@4.3.7",
  },
  {
    since: "4.4.0",
    until: null,
    value: { symbols: { pkg: "_pkg_root", shm: "_shm_root" }, offset: 16, named: true },
    source: "mem/pkg.c:30@4.4.0",
  },
];

const NAMES = { qm: "q_malloc", fm: "f_malloc" } as const;

/**
 * How gdb walks this pool; `null` when release, manager or debugging are unknown, or the manager cannot be walked (tlsf keeps no list that a
 * script could follow with certainty; f_malloc up to 4.3.2 does not mark what is free).
 */
export function gdbLayout(pool: Pool, manager: Manager | null, version: Version | null, debug: boolean | null): GdbLayout | null {
  if (manager === null || manager === "tlsf" || debug === null) return null;
  const layout = factAt(LAYOUTS[manager], version);
  const root = factAt(ROOTS, version);
  if (layout === null || root === null) return null;
  return {
    manager,
    manager_name: root.named ? NAMES[manager] : null,
    root: root.symbols[pool],
    root_offset: root.offset,
    block: layout.block,
    fragment: debug ? layout.debug : layout.release,
  };
}
