import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LogReading } from "../../../src/kamailio/log/incident.js";
import { createLogReader, type LogReaderOptions } from "../../../src/kamailio/log/reader.js";

/** The bytes of a capture under test/fixtures, unpacked when its name ends in .gz. */
export function fixture(path: string): Buffer {
  const bytes = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** Reads a whole log in pieces of `size` bytes. */
export function readLog(log: string | Uint8Array, options: LogReaderOptions = {}, size = 65_536): LogReading {
  const bytes = typeof log === "string" ? Buffer.from(log) : log;
  const reader = createLogReader(options);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return reader.end();
}
