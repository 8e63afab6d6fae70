/**
 * `kamailio-assistant analyze`: reads files, or standard input, of any kind and size and says what they mean. Nothing is stored.
 *
 * Files are read in large pieces into one buffer; gzip is recognised by its first bytes.
 */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createAnalyser } from "../analysis/analyses/analyser.js";
import type { Analysis } from "../analysis/analyses/analysis.js";
import { MB } from "../kamailio/units.js";

export interface AnalyzeOptions {
  format: "text" | "markdown" | "json";
  timezone?: string | undefined;
}

/** Exit codes. */
const READ = 0;
const NOTHING_READ = 1;
const CANNOT_READ = 2;
/** Something was read, and a judgement of it is not ok. */
const NOT_OK = 3;

/** Larger pieces are no faster, smaller ones are. */
const CHUNK = MB;
const STANDARD_INPUT = "-";

/** A file that cannot be opened or read; the message is for the person who named it. */
class UnreadableFile extends Error {
  override name = "UnreadableFile";
}

/**
 * Reads the files (`-` or none: standard input), writes what they mean to standard output, and what went wrong to standard error.
 *
 * @returns the exit code: 0 when something was read and all is well, 1 when nothing was recognised, 2 when a file cannot be read, 3 when a judgement is
 * not ok
 */
export async function analyze(files: readonly string[], { format, timezone }: AnalyzeOptions): Promise<number> {
  const analyser = createAnalyser({ now: Date.now(), timezone: timezone ?? null });
  const damaged: string[] = [];
  try {
    for (const file of files.length === 0 ? [STANDARD_INPUT] : files) {
      const damage = file === STANDARD_INPUT ? await readInput(analyser) : await readFile(analyser, file);
      if (damage !== null) damaged.push(damage);
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    process.stderr.write(`kamailio-assistant: ${error.message}\n`);
    return CANNOT_READ;
  }
  const analysis = await analyser.end();
  analysis.warnings.unshift(...damaged);
  for (const warning of damaged) process.stderr.write(`kamailio-assistant: ${warning}\n`);
  await write(await rendered(analysis, format));
  if (analysis.recognised.length === 0) return NOTHING_READ;
  return analysis.ok ? READ : NOT_OK;
}

type Analyser = ReturnType<typeof createAnalyser>;

/** Returns what is damaged about the file, or `null`. Read in this thread: the bytes are still in its cache when they are looked at. */
async function readFile(analyser: Analyser, name: string): Promise<string | null> {
  const file = opened(name);
  try {
    await analyser.begin(name, fstatSync(file).mtimeMs);
    const buffer = Buffer.allocUnsafe(CHUNK);
    let size = readPiece(file, buffer, name);
    if (isGzip(buffer.subarray(0, size))) return await unpack(analyser, createReadStream(name, { highWaterMark: CHUNK }), name);
    for (; size > 0; size = readPiece(file, buffer, name)) await analyser.push(buffer.subarray(0, size));
    return null;
  } finally {
    closeSync(file);
  }
}

function opened(name: string): number {
  try {
    const file = openSync(name, "r");
    if (!fstatSync(file).isDirectory()) return file;
    closeSync(file);
  } catch (cause) {
    throw new UnreadableFile(`cannot read ${name}: ${reason(cause)}`, { cause });
  }
  throw new UnreadableFile(`cannot read ${name}: it is a directory`);
}

function readPiece(file: number, buffer: Buffer, name: string): number {
  try {
    return readSync(file, buffer);
  } catch (cause) {
    throw new UnreadableFile(`cannot read ${name}: ${reason(cause)}`, { cause });
  }
}

async function readInput(analyser: Analyser): Promise<string | null> {
  const name = "standard input";
  await analyser.begin(name, inputTime());
  const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await input.next();
  if (first.done) return null;
  async function* whole() {
    yield first.value as Buffer;
    for (let next = await input.next(); !next.done; next = await input.next()) yield next.value;
  }
  if (isGzip(first.value)) return unpack(analyser, Readable.from(whole()), name);
  for await (const chunk of whole()) await analyser.push(chunk);
  return null;
}

/** A file that is redirected has a time; a pipe has none. */
function inputTime(): number | null {
  const stat = fstatSync(0);
  return stat.isFile() ? stat.mtimeMs : null;
}

async function unpack(analyser: Analyser, packed: Readable, name: string): Promise<string | null> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  packed.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of packed.pipe(gunzip)) await analyser.push(chunk as Buffer);
    return null;
  } catch (error) {
    // What came before the damage was read.
    return `${name}: the gzip data is damaged or cut (${reason(error)}): what stands before that was read`;
  } finally {
    packed.destroy();
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

async function rendered(analysis: Analysis, format: AnalyzeOptions["format"]): Promise<string> {
  if (format === "json") return `${JSON.stringify(analysis)}\n`;
  const [{ analysisDocument }, { toMarkdown, toPlainText }] = await Promise.all([
    import("../web/analysis-document.js"),
    import("../web/document.js"),
  ]);
  return format === "markdown" ? toMarkdown(analysisDocument(analysis)) : toPlainText(analysisDocument(analysis));
}

/** A reader that has seen enough (`| head`) is no error. */
async function write(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? resolve() : reject(error)));
    process.stdout.write(text, () => resolve());
  });
}
