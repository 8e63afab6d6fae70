/**
 * Puts the lines of a log together to dumps, process by process: at shutdown all processes print theirs at the same time.
 *
 * A header names the pool, and the pid where mem_dump_pkg prints it; the block line begins a status, the line "summarizing" begins sums,
 * dashes end both. What a process prints between is its dump; lines of others belong to theirs.
 */
import type { Manager, Pool } from "../pool.js";
import type { Dump, DumpForm } from "./dump.js";
import type { Finisher } from "./finish.js";
import type { FragmentStream } from "./fragment-scanner.js";
import { readListMessage } from "./list-lines.js";
import type { Message } from "./message.js";
import { OpenDump, type PoolSource } from "./open-dump.js";
import type { SiteTable } from "./site-table.js";

/** Where a line comes from. */
export interface LogOrigin {
  /** What keeps lines of different processes apart, also of different hosts and containers. */
  key: string;
  pid: number | null;
  processIndex: number | null;
  /** RFC 3339, when the stamp is unambiguous. */
  time: string | null;
}

/** One process of one host. */
export interface ProcessStream extends FragmentStream {
  pid: number | null;
  processIndex: number | null;
  header: { pool: Pool; pid: number | null; line: number; time: string | null } | null;
  /** Several processes print here at once and no pid tells them apart. */
  mixed: boolean;
  /** The status that this process printed just before, to hold its sums against. */
  status: { dump: Dump; line: number } | null;
}

/** Processes that are kept apart in one text; a big Kamailio runs some hundreds. */
const MAX_STREAMS = 2_000;
/** Dumps handed out from one text. */
export const MAX_DUMPS = 5_000;
/** Sums follow their status at once; other processes' lines may come between. */
const NEAR_LINES = 2_000_000;

export class ProcessDumps {
  readonly dumps: Dump[] = [];
  /** Dumps that were left out because the text holds too many. */
  dropped = 0;
  /** Headers without a dump, and the line of the first one. */
  empty = 0;
  firstEmpty = 0;
  /** Kinds of trouble that belong to no dump. */
  readonly warnings = new Set<string>();
  /** Streams whose dump is a short status unless more follows: any other line of their process ends it. */
  private readonly undecided = new Set<ProcessStream>();
  private readonly streams = new Map<string, ProcessStream>();
  private readonly pools = new Map<number, Pool>();
  private last: ProcessStream | null = null;
  /** Where a header waits that names a process, on a line that does not: the second half of a wrapped line. */
  private wrapped: ProcessStream | null = null;

  constructor(
    private readonly sites: SiteTable,
    private readonly finisher: Finisher,
  ) {}

  stream(origin: LogOrigin): ProcessStream {
    const known = this.streams.get(origin.key);
    if (known) return known;
    const stream: ProcessStream = {
      pid: origin.pid,
      processIndex: origin.processIndex,
      open: null,
      header: null,
      mixed: false,
      status: null,
    };
    if (this.streams.size >= MAX_STREAMS) {
      this.warnings.add(`lines of more than ${MAX_STREAMS} processes: the further ones are read as one`);
      const rest = this.streams.get("");
      if (rest) return rest;
      this.streams.set("", stream);
      return stream;
    }
    this.streams.set(origin.key, stream);
    return stream;
  }

  /** Takes one message of a process. `line` is its number, `time` its time stamp. */
  take(stream: ProcessStream, message: Message, line: number, time: string | null): void {
    this.last = stream;
    switch (message.kind) {
      case "header":
        this.leaveHeader(stream);
        // A process prints one dump after the other. Where nothing tells processes apart, a header inside a dump shows that they are mixed.
        if (stream.open !== null && stream.pid === null && !isShort(stream.open)) stream.mixed = true;
        this.close(stream);
        stream.header = { pool: message.pool, pid: message.pid, line, time };
        if (stream.pid === null && message.pid !== null) this.wrapped = stream;
        return;
      case "block":
      case "rprint":
        this.beginStatus(stream, message, line, time);
        return;
      case "sums":
        this.begin(stream, "summary", message.manager, line, time, message.address);
        return;
      case "no_sums":
        this.close(stream);
        stream.header = null;
        this.warnings.add("sums are not available: this build has no memory debugging");
        return;
      case "bucket":
        this.takeBucket(stream, message);
        return;
      default:
        this.takeInside(stream, message, line, time);
        return;
    }
  }

  /** Must other lines be looked at (`takeOther`)? */
  get awaitsOther(): boolean {
    return this.undecided.size > 0;
  }

  /** A line of a process that belongs to no dump: it ends a short status, which has no end line of its own. */
  takeOther(stream: ProcessStream): void {
    if (stream.open && isShort(stream.open)) this.close(stream);
  }

  /** The text says that messages were dropped: every dump that is open now may lack lines. */
  takeLoss(reason: string, pid: number | null): void {
    const open = [...this.streams.values()].filter((stream) => stream.open !== null);
    const ofPid = open.filter((stream) => pid !== null && stream.pid === pid);
    for (const stream of ofPid.length > 0 ? ofPid : open) stream.open?.lost(reason);
    this.warnings.add(`the text says that messages were lost: ${reason}`);
  }

  /** The text ends: whatever is open stays without its end. */
  end(): void {
    for (const stream of this.streams.values()) {
      if (stream.open && isShort(stream.open)) {
        stream.open.form = "short_status";
        stream.open.lost("the text ends after the header lines: the short form, or cut");
        stream.open.ended = true;
      }
      this.finish(stream);
      this.leaveHeader(stream);
    }
    this.streams.clear();
    this.last = null;
  }

  private leaveHeader(stream: ProcessStream): void {
    if (stream.header === null) return;
    if (this.empty++ === 0) this.firstEmpty = stream.header.line;
    stream.header = null;
  }

  private beginStatus(
    stream: ProcessStream,
    message: Message & { kind: "block" | "rprint" },
    line: number,
    time: string | null,
  ): void {
    if (message.kind === "rprint") {
      const dump = this.begin(stream, "rprint", "qm", line, time, message.address);
      dump.pool = "shm";
      dump.poolSource = "printed";
      return;
    }
    const form: DumpForm = message.manager === "fm" ? "free_list" : "status";
    this.begin(stream, form, message.manager, line, time, message.address);
  }

  private begin(
    stream: ProcessStream,
    form: DumpForm,
    manager: Manager | null,
    line: number,
    time: string | null,
    address: number | null,
  ): OpenDump {
    this.close(stream);
    const header = stream.header ?? this.wrappedHeader(stream.pid);
    stream.header = null;
    const dump = new OpenDump(form, header?.line ?? line, line);
    dump.manager = manager;
    dump.takenAt = header?.time ?? time;
    dump.pid = header?.pid ?? stream.pid;
    dump.processIndex = stream.processIndex;
    dump.blockAddress = address;
    const [pool, source] = this.poolOf(header?.pool ?? null, address, form);
    dump.pool = pool;
    dump.poolSource = source;
    if (pool !== null && address !== null && source === "printed" && this.pools.size < MAX_STREAMS) this.pools.set(address, pool);
    stream.open = dump;
    return dump;
  }

  /** The header that a wrapped line printed for this process. */
  private wrappedHeader(pid: number | null): ProcessStream["header"] {
    const header = this.wrapped?.header ?? null;
    if (this.wrapped === null || header === null || pid === null || header.pid !== pid) return null;
    this.wrapped.header = null;
    return header;
  }

  private poolOf(printed: Pool | null, address: number | null, form: DumpForm): [Pool | null, PoolSource] {
    if (printed !== null) return [printed, "printed"];
    if (address !== null) {
      const known = this.pools.get(address);
      if (known) return [known, "printed"];
      const offset = address % PAGE;
      if (offset === 0) return ["shm", "address"];
      return offset === MALLOC_OFFSET ? ["pkg", "address"] : [null, null];
    }
    return form === "summary" ? ["shm", "assumed"] : [null, null];
  }

  private takeInside(stream: ProcessStream, message: Message, line: number, time: string | null): void {
    if (message.kind === "broken") {
      // Without Kamailio's prefix it may be any text; only the file of shm.rprint has none.
      if (stream.open && (message.manager !== null || stream.open.form === "rprint")) {
        stream.open.strayLines++;
        stream.open.lastLine = line;
      }
      return;
    }
    const dump = stream.open ?? this.beginHeadless(stream, message, line, time);
    if (dump === null) return;
    dump.lastLine = line;
    readListMessage(dump, message, this.sites);
    if (dump.ended) this.close(stream);
    else if (isShort(dump)) this.undecided.add(stream);
    else if (this.undecided.size > 0) this.undecided.delete(stream);
  }

  /** Lines of a dump whose beginning is not in the text. */
  private beginHeadless(stream: ProcessStream, message: Message, line: number, time: string | null): OpenDump | null {
    const form = HEADLESS[message.kind];
    if (form === undefined) return null;
    const dump = this.begin(
      stream,
      message.manager === "fm" && form === "status" ? "free_list" : form,
      message.manager,
      line,
      time,
      null,
    );
    dump.headless = true;
    if (dump.poolSource === "assumed") {
      dump.pool = null;
      dump.poolSource = null;
    }
    return dump;
  }

  /** The second line of a free list entry has no prefix on stderr and in the journal: it belongs to the entry before it. */
  private takeBucket(stream: ProcessStream, bucket: Message & { kind: "bucket" }): void {
    const candidates = [stream, ...(this.last ? [this.last] : []), ...this.streams.values()];
    const owner =
      candidates.find((one) => one.open !== null && one.open.pendingHash !== null && fits(one.open.pendingHash, bucket)) ??
      candidates.find((one) => one.open !== null && one.open.pendingHash !== null);
    const dump = owner?.open;
    if (!dump) return;
    dump.pendingHash = null;
    dump.lastLine++;
    if (!Number.isNaN(bucket.first)) dump.largestFirst = Math.max(dump.largestFirst ?? 0, bucket.first);
  }

  /** Ends what the stream has open, because something else of that process begins. */
  private close(stream: ProcessStream): void {
    const { open } = stream;
    if (open === null) return;
    if (isShort(open)) {
      open.form = "short_status";
      open.ended = true;
    }
    this.finish(stream);
  }

  private finish(stream: ProcessStream): void {
    const { open } = stream;
    if (open === null) return;
    stream.open = null;
    this.undecided.delete(stream);
    if (stream.mixed) open.lost("no line names its process, and several processes print at once");
    if (open.form === "summary") holdAgainstStatus(open, stream.status);
    const dump = this.finisher.finish(open);
    stream.status = open.form === "summary" ? null : { dump, line: open.lastLine };
    if (this.dumps.length < MAX_DUMPS) this.dumps.push(dump);
    else this.dropped++;
  }
}

/** x86-64 and arm64 Linux: shm is mapped at a page, pkg comes from malloc, which returns addresses 16 bytes into a mapping. */
const PAGE = 4096;
const MALLOC_OFFSET = 16;

const HEADLESS: Partial<Record<Message["kind"], DumpForm>> = {
  heap: "status",
  used: "status",
  max_used: "status",
  list: "status",
  fragment: "status",
  tlsf_fragment: "status",
  site: "status",
  check: "status",
  free_list: "status",
  bucket_of: "status",
  matrix: "matrix",
  row: "matrix",
  count: "summary",
};

/** All header lines were seen and nothing else: mem_summary 16, unless more follows. */
function isShort(dump: OpenDump): boolean {
  return (
    !dump.ended &&
    !dump.headless &&
    dump.headerLines >= 3 &&
    !dump.listing &&
    !dump.freeListSeen &&
    dump.form !== "summary" &&
    dump.form !== "matrix"
  );
}

/** Does a bucket line belong to this hash? Small ones hold one size, a multiple of the hash (q_malloc.h: GET_HASH, ROUNDTO 8 or 16). */
function fits(hash: number, bucket: { from: number; to: number }): boolean {
  return bucket.from === bucket.to ? bucket.from === hash * 8 || bucket.from === hash * 16 : hash > 1024;
}

/**
 * Sums that follow the status of the same pool and process must add up to its `used`. A pkg pool does not change between the two;
 * a shm pool of a running server does.
 */
function holdAgainstStatus(sums: OpenDump, status: ProcessStream["status"]): void {
  if (status === null || !sums.ended || sums.headless) return;
  const { dump } = status;
  if (dump.pool !== sums.pool || dump.pid !== sums.pid || dump.manager !== sums.manager || dump.used === null) return;
  if (sums.firstLine - status.line > NEAR_LINES || sums.bytes === dump.used) return;
  const numbers = `the sums add up to ${sums.bytes} bytes, the status before them says used= ${dump.used}`;
  if (sums.pool === "shm") sums.warn(`${numbers}: shm may have changed between the two, or lines are missing`);
  else if (dump.complete && dump.allocated_bytes === sums.bytes)
    sums.warn(`${numbers}, and its list adds up to the same as the sums`);
  else sums.lost(`${numbers}: lines are missing, or it is q_malloc's realloc accounting bug`);
}
