/** The values that pass between the readers of a history and their tail. */
import type { SpelledCounter } from "../../knowledge/counter-spellings.js";
import type { WrittenTime } from "../../log-line/time-text.js";
import type { Block, Sink } from "../model.js";

export type Labels = Readonly<Record<string, string>>;

/** A counter of one server or process, through the whole upload. */
export interface Series {
  id: number;
  counter: SpelledCounter;
  /** Its own labels: those that tell processes apart. */
  labels: Labels;
  /** The other labels, by which servers differ. */
  server: string;
  /** What it counts: two series with the same key are the same counter of two servers. */
  key: string;
}

export interface PointsSink extends Sink {
  /** Readings of the moment that the text is at. */
  page(blocks: readonly Block[], at: number | null): void;
  /** A finished moment of a history. */
  moment(blocks: readonly Block[], at: number): void;
  /** A local time to UTC, epoch ms. */
  utc(time: WrittenTime): number;
}
