/**
 * Which curve do the daily troughs of a run follow? Flat, a line, a line that begins, one that stops, a step, or a rise that bends towards a level:
 * each is fitted by least squares and weighed by BIC, with the sample size shrunk for the autocorrelation of what is left over.
 *
 * All of them are one level plus one column, so each fit is five sums, and every sum goes on from the day before: looking again on each day of a
 * history costs a step for each day before it, and no more.
 */

export type CurveKind = "flat" | "line" | "begins" | "stops" | "step" | "saturates";

export interface Curve {
  kind: CurveKind;
  bic: number;
  /** From its begin to the last day, bytes (of `step`: its height). */
  rise: number;
  /** Bytes a day now (mean of the last week), and over the part that rises. */
  slope_now: number;
  slope_rising: number;
  /** The day (x) at which the rise begins or, of `stops` and `step`, ends. */
  knot: number;
  /** Standard errors of the rise from none, autocorrelation counted in. */
  sureness: number;
  /** Where `saturates` heads to, bytes. */
  level: number;
}

export interface Fits {
  /** Best of each kind. */
  best: Map<CurveKind, Curve>;
  /** Days from the first to the last. */
  span: number;
  days: number;
}

/** Fewer days say nothing about a curve. */
export const LEAST_DAYS = 6;
/** A part before or after a knot must have this many days. */
const LEAST_PART = 3;
/** Parameters that BIC counts; a knot counts double, as it is chosen among all days. */
const PARAMETERS: Record<CurveKind, number> = { flat: 1, line: 2, saturates: 3, begins: 4, stops: 4, step: 4 };
/** Time constants of the curve that bends, days. */
const TIME_CONSTANTS = [1.5, 2.5, 4, 6, 9, 13, 18, 25];
/** The autocorrelation of what is left over is taken to be within these bounds. */
const AUTOCORRELATION = [0.3, 0.85] as const;
/** Troughs are never surer than this share of the pool. */
const LEAST_NOISE = 0.0015;
/** BIC by which the curve that bends must beat the line where nothing else is known. */
const BENDS_BY = 4;
/** The curves that have a knot. */
const KNOTTED = ["step", "begins", "stops"] as const;
/** What "now" means of a slope. Days. */
const NOW_DAYS = 7;

/** A curve without its words: which column, and what is left over. */
interface Candidate {
  kind: CurveKind;
  /** Index of the day of the knot, or the time constant. */
  parameter: number;
  rss: number;
  coefficient: number;
  intercept: number;
  spread: number;
}

/** The sums of one curve that bends, over the days so far. */
interface BendSums {
  constant: number;
  z: number;
  zz: number;
  zy: number;
}

/** The troughs of one run, day after day, with the curves through those so far. */
export class RunCurves {
  readonly #capacity: number;
  /** Days since the first, and troughs above the first: small numbers keep the sums exact. */
  readonly #x: number[] = [];
  readonly #y: number[] = [];
  #day0 = 0;
  #level0 = 0;
  /** Sums over the days before each index. */
  readonly #sx = [0];
  readonly #sxx = [0];
  readonly #sy = [0];
  readonly #syy = [0];
  readonly #sxy = [0];
  readonly #bends: BendSums[] = TIME_CONSTANTS.map((constant) => ({ constant, z: 0, zz: 0, zy: 0 }));

  /** @param capacity bytes of the pool. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param day later than those before. */
  add(day: number, trough: number): void {
    if (this.#x.length === 0) {
      this.#day0 = day;
      this.#level0 = trough;
    }
    const [x, y] = [day - this.#day0, trough - this.#level0];
    const n = this.#x.length;
    this.#x.push(x);
    this.#y.push(y);
    this.#sx.push((this.#sx[n] ?? 0) + x);
    this.#sxx.push((this.#sxx[n] ?? 0) + x * x);
    this.#sy.push((this.#sy[n] ?? 0) + y);
    this.#syy.push((this.#syy[n] ?? 0) + y * y);
    this.#sxy.push((this.#sxy[n] ?? 0) + x * y);
    for (const bend of this.#bends) {
      const z = 1 - Math.exp(-x / bend.constant);
      bend.z += z;
      bend.zz += z * z;
      bend.zy += z * y;
    }
  }

  /** Days so far. */
  get length(): number {
    return this.#x.length;
  }

  /** Height of the highest trough above the lowest one before it is at most this. */
  get range(): number {
    let [low, high] = [0, 0];
    for (const y of this.#y) {
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
    return high - low;
  }

  /** `null` for too few days. */
  fits(): Fits | null {
    const n = this.#x.length;
    if (n < LEAST_DAYS) return null;
    const floor = n * (LEAST_NOISE * this.#capacity) ** 2;
    const candidates = this.#candidates();
    const scored = (r: number) => {
      const size = (n * (1 - r)) / (1 + r) + 2;
      return ({ kind, rss }: Candidate) => size * Math.log((rss + floor) / n) + PARAMETERS[kind] * Math.log(size);
    };
    const rough = scored(0.5);
    const first = candidates.reduce((a, b) => (rough(b) < rough(a) ? b : a));
    const r = Math.min(AUTOCORRELATION[1], Math.max(AUTOCORRELATION[0], this.#lagOne(first)));
    const score = scored(r);
    const noise = Math.sqrt((first.rss + floor) / Math.max(1, n - 3)) * Math.sqrt((1 + r) / (1 - r));
    const best = new Map(candidates.map((one) => [one.kind, this.#described(one, score(one), noise)]));
    return { best, span: this.#x[n - 1] ?? 0, days: n };
  }

  /** The best of each kind. */
  #candidates(): Candidate[] {
    const n = this.#x.length;
    const total = (sums: readonly number[]) => sums[n] ?? 0;
    const [sx, sxx, sy, sxy] = [total(this.#sx), total(this.#sxx), total(this.#sy), total(this.#sxy)];
    const mean = sy / n;
    const squares = Math.max(0, total(this.#syy) - n * mean * mean);
    const through = (
      kind: CurveKind,
      parameter: number,
      z: number,
      zz: number,
      zy: number,
      least = Number.NEGATIVE_INFINITY,
    ): Candidate => {
      const spread = zz - (z * z) / n;
      const coefficient = spread > 1e-9 ? Math.max(least, (zy - z * mean) / spread) : 0;
      const rss = Math.max(0, squares - coefficient * coefficient * spread);
      return { kind, parameter, rss, coefficient, intercept: mean - (coefficient * z) / n, spread };
    };
    const knots = { step: LEAST_PART, begins: LEAST_PART, stops: LEAST_PART };
    const explained = { step: -1, begins: -1, stops: -1 };
    const gain = (z: number, zz: number, zy: number) => {
      const spread = zz - (z * z) / n;
      return spread > 1e-9 ? (zy - z * mean) ** 2 / spread : 0;
    };
    const sums = (knot: number) => {
      const t = this.#x[knot] ?? 0;
      const count = n - knot;
      const [kx, kxx] = [sx - (this.#sx[knot] ?? 0), sxx - (this.#sxx[knot] ?? 0)];
      const [ky, kxy] = [sy - (this.#sy[knot] ?? 0), sxy - (this.#sxy[knot] ?? 0)];
      return {
        step: [count, count, ky] as const,
        begins: [kx - count * t, kxx - 2 * t * kx + count * t * t, kxy - t * ky] as const,
        stops: [sx - kx + count * t, sxx - kxx + count * t * t, sxy - kxy + t * ky] as const,
      };
    };
    for (let knot = LEAST_PART; knot <= n - LEAST_PART; knot++) {
      const own = sums(knot);
      for (const kind of KNOTTED) {
        const [z, zz, zy] = own[kind];
        const found = gain(z, zz, zy);
        if (found <= explained[kind]) continue;
        explained[kind] = found;
        knots[kind] = knot;
      }
    }
    // A fall that bends is no cache that fills.
    const bends = this.#bends.map(({ constant, z, zz, zy }) => through("saturates", constant, z, zz, zy, 0));
    return [
      { kind: "flat", parameter: 0, rss: squares, coefficient: 0, intercept: mean, spread: 1 },
      through("line", 0, sx, sxx, sxy),
      ...KNOTTED.map((kind) => through(kind, knots[kind], ...sums(knots[kind])[kind])),
      bends.reduce((a, b) => (b.rss < a.rss ? b : a)),
    ];
  }

  /** The column of a curve at so many days from the first. */
  #column({ kind, parameter }: Candidate, t: number): number {
    const knot = this.#x[parameter] ?? 0;
    switch (kind) {
      case "flat":
        return 0;
      case "line":
        return t;
      case "step":
        return t >= knot ? 1 : 0;
      case "begins":
        return Math.max(0, t - knot);
      case "stops":
        return Math.min(t, knot);
      case "saturates":
        return 1 - Math.exp(-t / parameter);
    }
  }

  #lagOne(one: Candidate): number {
    let [product, square, before] = [0, 0, 0];
    for (const [i, x] of this.#x.entries()) {
      const left = (this.#y[i] ?? 0) - one.intercept - one.coefficient * this.#column(one, x);
      product += left * before;
      square += left * left;
      before = left;
    }
    return square > 0 ? product / square : 0;
  }

  #described(one: Candidate, bic: number, noise: number): Curve {
    const { kind, coefficient, intercept, spread, parameter } = one;
    const end = this.#x.at(-1) ?? 0;
    const knot = KNOTTED.some((knotted) => knotted === kind) ? (this.#x[parameter] ?? 0) : 0;
    const back = Math.min(NOW_DAYS, end);
    const rise = coefficient * (this.#column(one, end) - this.#column(one, 0));
    const rising = kind === "begins" ? end - knot : kind === "stops" ? knot : end;
    const risen = coefficient * (this.#column(one, end) - this.#column(one, end - back));
    const sureness = noise > 0 ? (coefficient * Math.sqrt(spread)) / noise : Math.sign(coefficient) * Number.POSITIVE_INFINITY;
    return {
      kind,
      bic,
      rise,
      slope_now: kind === "step" || back <= 0 ? 0 : risen / back,
      slope_rising: rising > 0 ? rise / rising : 0,
      knot: this.#day0 + knot,
      sureness,
      level: this.#level0 + intercept + coefficient * (kind === "saturates" ? 1 : this.#column(one, end)),
    };
  }
}

/** Units of the time constants that a short history is stretched to. */
const STRETCHED = 30;

/** Does a level bend towards where it will stay, rather than rise on? Of values in order of time, whatever their span; NaN are left out. */
export function bends(times: ArrayLike<number>, values: ArrayLike<number>, capacity: number): boolean {
  const known = Array.from(times).flatMap((t, index) =>
    Number.isNaN(values[index] ?? Number.NaN) ? [] : [{ t, value: values[index] ?? 0 }],
  );
  const [first, last] = [known[0]?.t ?? 0, known.at(-1)?.t ?? 0];
  const curves = new RunCurves(capacity);
  for (const { t, value } of known) curves.add((STRETCHED * (t - first)) / Math.max(1, last - first), value);
  const fits = curves.fits();
  const [bending, line] = [fits?.best.get("saturates"), fits?.best.get("line")];
  return bending !== undefined && line !== undefined && line.bic - bending.bic > BENDS_BY;
}
