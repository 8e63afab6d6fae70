/** Uploads of dumps and what comes back of them, for the tests of dumps over HTTP. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { TestServer } from "./server.js";

export interface DumpOnTheWire {
  id: string;
  form: string;
  pid: number;
  process: string | null;
  taken_at: string;
  taken_at_source: string;
  sites: number;
  complete: boolean;
}

export interface Uploaded {
  dumps: DumpOnTheWire[];
  incidents: { id: string }[];
  duplicates: number;
  warnings: string[];
}

/** A capture of the fixtures. */
export const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));

/** A status list and sums of one process, of 5.8.8. */
export const STATUS = gunzipSync(fixture("5.8.8-default-qm/after/dump-pkg-udp0-ms15.log.gz"));

/** Posts and reads JSON on one server. */
export function jsonClient(server: TestServer) {
  return {
    post: async (path: string, body: string | Uint8Array): Promise<{ status: number; answer: Uploaded }> => {
      const response = await server.fetch(path, { method: "POST", body: body as RequestInit["body"] });
      return { status: response.status, answer: (await response.json()) as Uploaded };
    },
    get: async <T>(path: string): Promise<T> => (await (await server.fetch(path)).json()) as T,
  };
}
