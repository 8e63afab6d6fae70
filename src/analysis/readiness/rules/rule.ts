/** A rule looks at the situation and returns one check, or `null` where it says nothing about this instance. */
import type { Check } from "../check.js";
import type { Situation } from "../situation.js";
import type { Ways } from "../ways.js";

export type Rule = (s: Situation, ways: Ways) => Check | null;
