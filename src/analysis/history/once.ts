/** Computes a value when it is first asked for, and keeps it: most of what a judgement could look at, most judgements never ask for. */
export function once<T>(compute: () => T): () => T {
  let value: { of: T } | null = null;
  return () => {
    value ??= { of: compute() };
    return value.of;
  };
}
