/** Usage samples of texts of any length in bounded memory: when there are too many, every other one goes. */
import type { TimedSample } from "../../kamailio/usage/reader.js";

/** Rows (counters of a pool, processes) that are kept: about 50 MB. A judgement looks at a few hundred cells of time, so it loses nothing. */
const MAX_ROWS = 200_000;

export class KeptSamples {
  readonly accepted = { samples: 0, shm: 0, pkg: 0, load: 0 };
  first: string | null = null;
  last: string | null = null;
  /** One of so many was kept. */
  stride = 1;
  #kept: TimedSample[] = [];
  #rows = 0;

  constructor(private readonly maxRows = MAX_ROWS) {}

  add(samples: readonly TimedSample[]): void {
    for (const sample of samples) {
      const { accepted } = this;
      if (accepted.samples % this.stride === 0) {
        this.#kept.push(sample);
        this.#rows += rowsOf(sample);
        if (this.#rows > this.maxRows) this.#thinOut();
      }
      accepted.samples++;
      if (sample.shm !== null) accepted.shm++;
      accepted.pkg += sample.pkg.length;
      accepted.load += Object.keys(sample.load).length;
      if (this.first === null || sample.at < this.first) this.first = sample.at;
      if (this.last === null || sample.at > this.last) this.last = sample.at;
    }
  }

  get samples(): readonly TimedSample[] {
    return this.#kept;
  }

  #thinOut(): void {
    if (this.#kept.length < 2) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#rows = this.#kept.reduce((sum, sample) => sum + rowsOf(sample), 0);
    this.stride *= 2;
  }
}

function rowsOf(sample: TimedSample): number {
  return 1 + sample.pkg.length + Object.keys(sample.load).length / LOAD_COUNTERS_A_ROW;
}

/** Load counters that weigh as much as the row of a process. */
const LOAD_COUNTERS_A_ROW = 6;
