/** The files of a posted configuration: one text, a JSON map of paths to texts, or a tar. */
import { Readable } from "node:stream";
import type { Context } from "hono";
import { extract } from "tar-stream";
import { z } from "zod";
import { MB } from "../../kamailio/units.js";
import { bodyKind, parseJson, textChunks } from "../kernel/body.js";
import type { ApiEnv } from "../kernel/env.js";
import { ProblemError } from "../kernel/problem.js";

/** Bytes of all files together; the largest configurations seen are under 1 MB. */
export const CONFIG_LIMIT = 16 * MB;
/** Files of one configuration. */
const MAX_FILES = 500;
const MAX_PATH = 1_000;

export const ConfigFilesSchema = z
  .record(z.string().min(1).max(MAX_PATH), z.string().max(CONFIG_LIMIT))
  .refine((files) => Object.keys(files).length > 0, "at least one file")
  .refine((files) => Object.keys(files).length <= MAX_FILES, `at most ${MAX_FILES} files`);

/** tar's mark at byte 257 (POSIX ustar). */
const TAR_MARK = "ustar";
const TAR_MARK_AT = 257;

/**
 * @returns the files by path; one text is named by nobody, so it comes as a string
 * @throws ProblemError 400 for a damaged tar or JSON, 413 over the limit
 */
export async function readConfigUpload(c: Context<ApiEnv>): Promise<string | Record<string, string>> {
  const kind = bodyKind(c);
  const chunks: Uint8Array[] = [];
  for await (const chunk of textChunks(c, CONFIG_LIMIT)) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (kind === "json" && c.get("bodyWasString") !== true) return parseJson(body.toString("utf8"), ConfigFilesSchema);
  if (body.toString("latin1", TAR_MARK_AT, TAR_MARK_AT + TAR_MARK.length) === TAR_MARK) return untar(body);
  return new TextDecoder("utf-8").decode(body);
}

async function untar(body: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const archive = extract();
  archive.on("entry", (header, stream, next) => {
    const parts: Uint8Array[] = [];
    stream.on("data", (part) => {
      if (part instanceof Uint8Array) parts.push(part);
    });
    stream.on("end", () => {
      if (header.type === "file" && Object.keys(files).length < MAX_FILES)
        files[header.name.replace(/^\.\//, "").slice(0, MAX_PATH)] = Buffer.concat(parts).toString("utf8");
      next();
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      archive.on("finish", resolve);
      archive.on("error", reject);
      Readable.from([body]).pipe(archive);
    });
  } catch (cause) {
    throw new ProblemError(400, "bad_tar", {
      detail: "The tar archive is damaged or cut.",
      hint: "tar -C /etc/kamailio -c . | curl --data-binary @- …/configs",
      cause,
    });
  }
  return files;
}
