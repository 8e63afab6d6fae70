/** Logic with "not known": `null` is neither true nor false, and stays so unless the other side decides alone. */

export type Known = boolean | null;

/** True when all are; false as soon as one is false, whatever is not known. */
export function all(...values: Known[]): Known {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

/** True as soon as one is true, whatever is not known. */
export function any(...values: Known[]): Known {
  if (values.includes(true)) return true;
  return values.includes(null) ? null : false;
}

export function not(value: Known): Known {
  return value === null ? null : !value;
}
