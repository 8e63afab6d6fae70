/**
 * The expressions of `#!ifexp`, `#!defexp` and `#!defexps` (5.7.0 and later; Kamailio evaluates them with its copy of the `expr` library,
 * src/core/utils/snexpr.h@5.7.0). A name is a define: its value as text, 1 without a value, 0 when it is not defined.
 */
import { MAX_VALUE } from "./limits.js";

export type ExpressionValue = number | string;

/** How many nested brackets and signs are followed. */
const MAX_DEPTH = 50;

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|", "^", "&"],
  ["==", "!="],
  ["<=", ">=", "<", ">"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const OPERATORS = [
  "**",
  "||",
  "&&",
  "==",
  "!=",
  "<=",
  ">=",
  "<<",
  ">>",
  "|",
  "^",
  "&",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "%",
  "!",
  "(",
  ")",
];

interface Piece {
  operator: string | null;
  value: ExpressionValue;
}

/** The value of an expression; `null` when it is none. `lookup` gives a define's value as written, `null` without one, `undefined` when absent. */
export function evaluateExpression(text: string, lookup: (name: string) => string | null | undefined): ExpressionValue | null {
  const pieces = split(text.slice(0, MAX_VALUE), lookup);
  if (pieces === null || pieces.length === 0) return null;
  const state = { pieces, at: 0, depth: 0 };
  const value = level(state, 0);
  return value === null || state.at < pieces.length ? null : value;
}

/** What a condition makes of a value: numbers but 0, and strings that are not empty. */
export function isTrue(value: ExpressionValue | null): boolean {
  return value !== null && value !== 0 && value !== "" && !Number.isNaN(value);
}

function split(text: string, lookup: (name: string) => string | null | undefined): Piece[] | null {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === " " || char === "\t" || char === "\r" || char === "\n") {
      at++;
      continue;
    }
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, at + 1);
      if (end < 0) return null;
      pieces.push({ operator: null, value: text.slice(at + 1, end) });
      at = end + 1;
      continue;
    }
    const word = /^[A-Za-z0-9_.]{1,256}/.exec(text.slice(at, at + 256))?.[0];
    if (word !== undefined) {
      pieces.push({ operator: null, value: wordValue(word, lookup) });
      at += word.length;
      continue;
    }
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
    if (operator === undefined) return null;
    pieces.push({ operator, value: 0 });
    at += operator.length;
  }
  return pieces;
}

function wordValue(word: string, lookup: (name: string) => string | null | undefined): ExpressionValue {
  if (/^\d/.test(word)) return Number(word);
  const value = lookup(word);
  if (value === undefined) return 0;
  if (value === null) return 1;
  const quote = value.charAt(0);
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}

interface State {
  pieces: Piece[];
  at: number;
  depth: number;
}

function level(state: State, index: number): ExpressionValue | null {
  const operators = LEVELS[index];
  if (operators === undefined) return sign(state);
  let left = level(state, index + 1);
  while (left !== null) {
    const operator = state.pieces[state.at]?.operator ?? null;
    if (operator === null || !operators.includes(operator)) return left;
    state.at++;
    const right = level(state, index + 1);
    left = right === null ? null : apply(operator, left, right);
  }
  return null;
}

function sign(state: State): ExpressionValue | null {
  const piece = state.pieces[state.at];
  if (piece === undefined || state.depth >= MAX_DEPTH) return null;
  state.at++;
  if (piece.operator === null) return piece.value;
  state.depth++;
  let value: ExpressionValue | null = null;
  if (piece.operator === "!") {
    const operand = sign(state);
    value = operand === null ? null : Number(!isTrue(operand));
  } else if (piece.operator === "-") {
    const operand = sign(state);
    value = operand === null ? null : -toNumber(operand);
  } else if (piece.operator === "(") {
    value = level(state, 0);
    if (state.pieces[state.at]?.operator === ")") state.at++;
    else value = null;
  }
  state.depth--;
  return value;
}

function apply(operator: string, left: ExpressionValue, right: ExpressionValue): ExpressionValue {
  const numeric = isNumeric(left) && isNumeric(right);
  const a = numeric ? toNumber(left) : String(left);
  const b = numeric ? toNumber(right) : String(right);
  switch (operator) {
    case "||":
      return Number(isTrue(left) || isTrue(right));
    case "&&":
      return Number(isTrue(left) && isTrue(right));
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
    case "<":
      return Number(a < b);
    case "<=":
      return Number(a <= b);
    case ">":
      return Number(a > b);
    case ">=":
      return Number(a >= b);
    case "+":
      return typeof a === "number" && typeof b === "number" ? a + b : `${a}${b}`.slice(0, MAX_VALUE);
    default:
      return arithmetic(operator, toNumber(left), toNumber(right));
  }
}

function arithmetic(operator: string, a: number, b: number): number {
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  if (operator === "/") return b === 0 ? 0 : a / b;
  if (operator === "%") return b === 0 ? 0 : a % b;
  if (operator === "<<") return a << b;
  if (operator === ">>") return a >> b;
  if (operator === "|") return a | b;
  if (operator === "^") return a ^ b;
  return a & b;
}

function isNumeric(value: ExpressionValue): boolean {
  return typeof value === "number" || (value !== "" && Number.isFinite(Number(value)));
}

function toNumber(value: ExpressionValue): number {
  const number = Number(value);
  return Number.isFinite(number) ? number : 0;
}
