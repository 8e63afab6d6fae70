/** Numbers that are drawn, the same on every machine for the same seed. */

export interface Draw {
  /** 0 to 1. */
  unit: () => number;
  between: (range: readonly [number, number]) => number;
  normal: () => number;
  pick: <T>(from: readonly T[]) => T;
}

/** splitmix32, of which each state is mixed anew. */
export function drawer(seed: number): Draw {
  let state = (seed * 0x9e3779b1) >>> 0;
  const unit = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
  return {
    unit,
    between: ([low, high]) => low + (high - low) * unit(),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    pick: (from) => {
      const picked = from[Math.floor(unit() * from.length)];
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
  };
}
