/** Real captures for the dump reader's tests. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The text of a capture; `name` is relative to test/fixtures and says `.gz` where it is packed. */
export function capture(name: string): Buffer {
  const bytes = readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}
