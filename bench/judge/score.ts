/** Counts what a judge said of labelled cases: right, falsely accused, missed. */

export interface Score {
  all: number;
  right: number;
  /** Leaks that were said where there is none, of `sound`. */
  accused: number;
  sound: number;
  /** Leaks that were not said, of `leaking`. */
  missed: number;
  leaking: number;
}

export function emptyScore(): Score {
  return { all: 0, right: 0, accused: 0, sound: 0, missed: 0, leaking: 0 };
}

const LEAK = "leak_suspected";

/** @param expect what may be said; the first is what should. */
export function count(score: Score, expect: readonly string[], said: string): void {
  score.all++;
  if (expect.includes(said)) score.right++;
  if (expect[0] === LEAK) {
    score.leaking++;
    if (said !== LEAK) score.missed++;
  } else {
    score.sound++;
    if (said === LEAK) score.accused++;
  }
}

export function words({ all, right, accused, sound, missed, leaking }: Score): string {
  return `right ${share(right, all)}, falsely accused ${share(accused, sound)}, leaks missed ${share(missed, leaking)}`;
}

export function share(part: number, whole: number): string {
  return `${part}/${whole} (${whole === 0 ? "-" : ((100 * part) / whole).toFixed(1)} %)`;
}
