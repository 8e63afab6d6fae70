/**
 * The gdb script that walks a pool of a running process or of a core file and prints each allocated chunk with its site, in the form that
 * our dump reader reads. It needs no debug symbols, never calls into the process, and stops after a given number of fragments.
 *
 * The wiki's script names `mem_block`, which is gone since 4.4.0, needs debug symbols, and runs beyond the pool when there are fewer fragments
 * than it counts: this one stops at the last fragment.
 */
import type { GdbLayout } from "../../kamailio/knowledge/gdb-layouts.js";

export interface WalkBounds {
  /** Fragments passed over before anything is printed: the first ones are of the start-up. */
  skip: number;
  /** The walk ends after so many fragments, printed or not. */
  stop: number;
}

/** Text of the script. @throws never */
export function gdbWalkScript(layout: GdbLayout, { skip, stop }: WalkBounds): string {
  return [...PREAMBLE, ...openBlock(layout), ...walk(layout, skip, stop)].map((line) => `${line}\n`).join("");
}

/** Nothing that waits for a key, no line breaks inside lines, C whatever the binary was made of. */
const PREAMBLE = ["set pagination off", "set height 0", "set width 0", "set confirm off", "set language c"];

function openBlock({ root, root_offset, manager_name, manager, block }: GdbLayout): string[] {
  const name = manager === "qm" ? "q_malloc" : "f_malloc";
  const at = (offset: number) => `*(unsigned long*)($block+${offset})`;
  const check =
    manager_name === null
      ? []
      : [
          `set $name = *(char**)(char*)&${root}`,
          `if *$name != '${name.charAt(0)}'`,
          `  printf "this pool is managed by %s, the script is for ${name}\\n", $name`,
          "  quit",
          "end",
        ];
  const totals = block.ffrags === null ? [] : [totalsLine(at, block, at(block.ffrags))];
  return [
    ...check,
    `set $block = *(char**)((char*)&${root}+${root_offset})`,
    `printf "manager: ${name} block: %p\\n", $block`,
    ...totals,
  ];
}

function totalsLine(at: (offset: number) => string, block: GdbLayout["block"], ffrags: string): string {
  const values = [at(block.size), at(block.used), at(block.real_used), at(block.max_real_used), ffrags].join(", ");
  return `printf "size=%lu used=%lu real_used=%lu max_real_used=%lu ffrags=%lu\\n", ${values}`;
}

function walk(layout: GdbLayout, skip: number, stop: number): string[] {
  const { block, fragment } = layout;
  const at = (offset: number) => `*(unsigned long*)($block+${offset})`;
  const isFree = fragment.is_free_type === "long" ? "long" : "unsigned int";
  return [
    `set $fragment = *(char**)($block+${block.first_fragment})`,
    `set $last = *(char**)($block+${block.last_fragment})`,
    "set $i = 0",
    "set $free = 0",
    `while $fragment < $last && $i < ${stop}`,
    "  set $size = *(unsigned long*)$fragment",
    `  if *(${isFree}*)($fragment+${fragment.is_free}) != 0`,
    "    set $free = $free + 1",
    "  else",
    ...(skip > 0 ? [`    if $i >= ${skip}`, `      ${chunkLine(fragment)}`, "    end"] : [`    ${chunkLine(fragment)}`]),
    "  end",
    `  set $fragment = $fragment + ${fragment.header_bytes + fragment.end_bytes} + $size`,
    "  set $i = $i + 1",
    "end",
    ...(block.ffrags === null ? [totalsLine(at, block, "$free")] : []),
    'printf "fragments walked: %lu\\n", $i',
  ];
}

/** `file` already holds "module: file". A build without debugging keeps no site. */
function chunkLine({ header_bytes, site, check }: GdbLayout["fragment"]): string {
  const format = ["%lu N address=%p frag=%p size=%lu"];
  const values = ["$i", `$fragment+${header_bytes}`, "$fragment", "$size"];
  if (site === null) format.push("not kept by this build: (0)");
  else {
    format.push("%s: %s(%lu)");
    values.push(
      `*(char**)($fragment+${site.file})`,
      `*(char**)($fragment+${site.function})`,
      `*(unsigned long*)($fragment+${site.line})`,
    );
    if (site.module !== null) {
      format.push("mod=%s");
      values.push(`*(char**)($fragment+${site.module})`);
    }
  }
  if (check !== null) {
    format.push("check=%lx");
    values.push(`*(unsigned long*)($fragment+${check})`);
  }
  return `printf "${format.join(" ")}\\n", ${values.join(", ")}`;
}
