/**
 * Reads what a container, a pod or a service takes as a whole: `docker stats` (podman, nerdctl), `kubectl top pod`, `systemctl show -p MemoryCurrent,...`,
 * and the files of its cgroup (memory.current, memory.max, memory.events, memory.stat; memory.usage_in_bytes and the like of cgroup v1).
 *
 * The files print no names: `grep . /sys/fs/cgroup/memory.*` and `head` put one in front.
 */
import { KB } from "../units.js";
import { size } from "./free.js";
import { type GroupFigures, NO_GROUP } from "./reading.js";

/** No machine has more: cgroup v1 prints its highest page-aligned number for "no limit". */
const MAX_LIMIT = 2 ** 50;
const MAX_GROUPS = 500;

/** Names of the cgroup files that are used, and where their figure belongs. */
const FILES: Readonly<Record<string, "used" | "limit" | "peak" | "tasks">> = {
  "memory.current": "used",
  "memory.usage_in_bytes": "used",
  "memory.max": "limit",
  "memory.limit_in_bytes": "limit",
  "memory.peak": "peak",
  "memory.max_usage_in_bytes": "peak",
  "pids.current": "tasks",
};
const PROPERTIES: Readonly<Record<string, "used" | "limit" | "peak" | "tasks">> = {
  MemoryCurrent: "used",
  MemoryMax: "limit",
  MemoryLimit: "limit",
  MemoryPeak: "peak",
  TasksCurrent: "tasks",
};
const STATS = { anon: "anon", shmem: "shmem", file: "file", rss: "anon", cache: "file" } as const;

export class GroupReader {
  readonly #groups = new Map<string, GroupFigures>();
  /** Which table the rows belong to. */
  #table: "docker_stats" | "kubectl_top" | null = null;
  /** The cgroup file that a line `==> memory.max <==` announced. */
  #file: string | null = null;
  #cgroup: Partial<GroupFigures> = {};
  #systemd: Partial<GroupFigures> = {};

  /** True when the line belongs to one of the forms. */
  line(line: string): boolean {
    return this.#tableLine(line) || this.#property(line) || this.#fileLine(line);
  }

  finish(): GroupFigures[] {
    for (const [source, figures] of [
      ["cgroup", this.#cgroup],
      ["systemd", this.#systemd],
    ] as const) {
      const { used } = figures;
      if (used !== undefined) this.#groups.set(source, { ...NO_GROUP, ...figures, source, used });
    }
    return [...this.#groups.values()];
  }

  #tableLine(line: string): boolean {
    if (/\bMEM USAGE(?: \/ LIMIT)?\b/.test(line)) {
      this.#table = "docker_stats";
      return true;
    }
    if (/^\s{0,8}(?:NAMESPACE\s+)?(?:POD|NAME)\s.*MEMORY\(bytes\)/.test(line)) {
      this.#table = "kubectl_top";
      return true;
    }
    if (this.#table === null || this.#groups.size >= MAX_GROUPS) return false;
    return this.#table === "docker_stats" ? this.#dockerRow(line) : this.#kubectlRow(line);
  }

  #dockerRow(line: string): boolean {
    const match =
      /^\s{0,8}(\S{1,100})\s+(?:(\S{1,200})\s+)?[\d.,]+%\s+([\d.,]+\s?[kKMGT]?i?B)(?:\s\/\s([\d.,]+\s?[kKMGT]?i?B))?\s+(?:[\d.,]+%\s)?(.*)$/.exec(
        line,
      );
    const used = bytesOf(match?.[3]);
    if (match === null || used === null) return false;
    const name = match[2] ?? match[1] ?? null;
    const tasks = /\s(\d{1,7})\s*$/.exec(match[5] ?? "")?.[1];
    this.#groups.set(`docker ${name}`, {
      ...NO_GROUP,
      source: "docker_stats",
      name,
      used,
      limit: bytesOf(match[4]),
      tasks: tasks === undefined ? null : Number(tasks),
    });
    return true;
  }

  #kubectlRow(line: string): boolean {
    const match = /^\s{0,8}(?:\S{1,253}\s+)?(\S{1,253})\s+\d{1,12}m?\s+(\d{1,15}(?:Ki|Mi|Gi|Ti|k|M|G)?)\s*$/.exec(line);
    const used = bytesOf(match?.[2]);
    if (match === null || used === null) return false;
    this.#groups.set(`pod ${match[1]}`, { ...NO_GROUP, source: "kubectl_top", name: match[1] ?? null, used });
    return true;
  }

  #property(line: string): boolean {
    const match = /^(Memory\w{1,30}|TasksCurrent|Id)=(.{0,200})$/.exec(line.trim());
    if (match === null) return false;
    const [, key = "", value = ""] = match;
    if (key === "Id") this.#systemd.name = value;
    const field = PROPERTIES[key];
    if (field !== undefined) setFigure(this.#systemd, field, value);
    return true;
  }

  #fileLine(line: string): boolean {
    const announced = /^(?:==>\s)?\S{0,200}?((?:memory|pids)\.[\w.]{2,30})(?:\s<==)?:?\s*$/.exec(line.trim())?.[1];
    if (announced !== undefined) {
      this.#file = announced;
      return true;
    }
    const named = /^\S{0,200}?((?:memory|pids)\.[\w.]{2,30})[:=]\s?(.{1,100})$/.exec(line.trim());
    const file = named?.[1] ?? this.#file;
    const content = (named?.[2] ?? line).trim();
    if (file === null) return false;
    const field = FILES[file];
    if (field !== undefined && /^(?:max|\d{1,20})$/.test(content)) {
      setFigure(this.#cgroup, field, content);
      return true;
    }
    const entry = /^(\w{1,40})\s(\d{1,20})$/.exec(content);
    if (entry === null) return named !== null;
    const [, key = "", value = ""] = entry;
    if (key === "oom_kill") this.#cgroup.oom_kills = Number(value);
    if (file === "memory.stat" && isStat(key)) this.#cgroup[STATS[key]] = Number(value);
    return true;
  }
}

function isStat(key: string): key is keyof typeof STATS {
  return Object.hasOwn(STATS, key);
}

function setFigure(figures: Partial<GroupFigures>, field: "used" | "limit" | "peak" | "tasks", text: string): void {
  const value = /^\d{1,20}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isFinite(value) && value < MAX_LIMIT) figures[field] = value;
}

/** `961.2MiB`, `1.2GB`, `512Mi`, `123456`. docker counts in powers of 1024 and says so; without an `i` it means powers of 1000. */
function bytesOf(text: string | undefined): number | null {
  const word = (text ?? "").replace(/\s/g, "");
  const match = /^([\d.,]+)([kKMGT]?)B?$/.exec(word);
  if (match !== null && match[2] !== "") {
    const power = "kmgt".indexOf((match[2] ?? "").toLowerCase()) + 1;
    return Math.round(Number((match[1] ?? "").replace(",", ".")) * 1000 ** power);
  }
  return size(word, KB / KB);
}
