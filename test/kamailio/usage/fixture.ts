import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A real capture, by its path below test/fixtures; `.gz` is unpacked. */
export function fixture(path: string): Buffer {
  const bytes = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** The day after the captures were taken. */
export const NOW = Date.UTC(2026, 10, 24);
