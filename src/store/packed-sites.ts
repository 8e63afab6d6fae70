/** The sites of a dump as one compressed column: a few hundred as a rule, and never more than `MAX_SITES`. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Site } from "../kamailio/dump/dump.js";

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Sites kept of one dump. A Kamailio with all modules has some 2,000; more come from a hostile text. Packing so many takes milliseconds. */
export const MAX_SITES = 20_000;

type SiteRow = [Site["module"], Site["file"], Site["function"], Site["line"], Site["count"], Site["bytes"]];

/** The sites as JSON, a row each: what is packed, and what tells equal dumps. */
export function sitesText(sites: readonly Site[]): string {
  return JSON.stringify(
    sites.map(({ module, file, function: name, line, count, bytes }): SiteRow => [module, file, name, line, count, bytes]),
  );
}

/** Off the event loop. */
export function packSites(text: string): Promise<Buffer> {
  return pack(text);
}

/** In the order in which they were packed. */
export async function unpackSites(packed: Uint8Array): Promise<Site[]> {
  const rows = JSON.parse((await unpack(packed)).toString("utf8")) as SiteRow[];
  return rows.map(([module, file, name, line, count, bytes]) => ({ module, file, function: name, line, count, bytes }));
}
