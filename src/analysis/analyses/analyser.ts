/**
 * The stateless analysis: any texts of one server, recognised by themselves, read and judged, with nothing stored.
 *
 *     const analyser = createAnalyser({ now: Date.now() });
 *     analyser.begin("kamailio.log");
 *     for await (const chunk of file) await analyser.push(chunk);
 *     const analysis = await analyser.end();
 *
 * Memory is bounded whatever the size of the texts. It never throws on input.
 */
import type { Analysis } from "./analysis.js";
import { judgeReadings } from "./judge.js";
import { type TextOptions, TextReader, type TextReading } from "./text-reading.js";

export interface AnalyserOptions {
  /** The clock, epoch ms. */
  now: number;
  /** The zone of local times in counters: an IANA name or `+hh:mm`; UTC without it. */
  timezone?: string | null;
  /** Sites listed of each dump and comparison; all without it. */
  sites?: number;
  /** Awaited between steps that keep the thread busy, so that a service can answer others. */
  pause?: () => Promise<void>;
}

export interface Analyser {
  /**
   * The next text begins. Without a call, all that is pushed is one text.
   *
   * @param takenAt epoch ms; gives a year or a time to what has none. The clock without it
   */
  begin(name: string, takenAt?: number | null): Promise<void>;
  /** The next bytes; they may end anywhere. The chunk can be used again once the promise is kept. */
  push(chunk: Uint8Array): Promise<void>;
  end(): Promise<Analysis>;
}

/** The name of a text that has none. */
const UNNAMED = "text";

export function createAnalyser(options: AnalyserOptions): Analyser {
  const pause = options.pause ?? (async () => {});
  const readings: TextReading[] = [];
  let current: TextReader | null = null;

  function open(name: string, at: number | null): TextReader {
    const text: TextOptions = { now: options.now, at, timezone: options.timezone ?? null, pause };
    return new TextReader(name, text);
  }

  async function close(): Promise<void> {
    if (current !== null) readings.push(await current.end());
    current = null;
  }

  return {
    async begin(name, takenAt = null) {
      await close();
      current = open(name, takenAt);
    },
    async push(chunk) {
      current ??= open(UNNAMED, null);
      await current.push(chunk);
    },
    async end() {
      await close();
      return judgeReadings(readings, { now: options.now, sites: options.sites ?? Number.POSITIVE_INFINITY, pause });
    },
  };
}
