import fc from "fast-check";
import { expect, test } from "vitest";
import { chunksLeft, nextChunk, pointsIn } from "../../../src/service/imports/chunks.js";

test("chunks take each point of the grid once, in order, and never more than asked", () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 5_000 })), { maxLength: 6 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), (lengths, step, points) => {
      let end = 1_000;
      const intervals = lengths.map(([gap, length]): [number, number] => {
        const from = end + gap;
        end = from + length;
        return [from, end];
      });
      const expected = intervals.flatMap(([from, to]) =>
        Array.from({ length: to + 1 - from }, (_, index) => from + index).filter((at) => at % step === 0),
      );
      const seen: number[] = [];
      let chunks = 0;
      const all = chunksLeft({ intervals, step }, null, points);
      let next: number | null = null;
      for (
        let chunk = nextChunk({ intervals, step }, next, points);
        chunk !== null;
        chunk = nextChunk({ intervals, step }, next, points)
      ) {
        const [from, to] = chunk;
        expect((to - from) / step).toBeLessThan(points);
        for (let at = from; at <= to; at += step) seen.push(at);
        next = to + step;
        chunks++;
        expect(chunksLeft({ intervals, step }, next, points)).toBe(all - chunks);
      }
      expect(seen).toEqual(expected);
      expect(pointsIn({ intervals, step })).toBe(expected.length);
      expect(chunks).toBe(all);
    }),
  );
});
