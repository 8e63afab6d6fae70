/**
 * Turns the JSON answers of `core.info`, `core.flags`, `core.version` and `core.runinfo` (jsonrpcs, `kamctl rpc`) into the lines that
 * `kamcmd` prints for them, so that one reader serves both. JSON that holds no build is left out.
 *
 * @example {"jsonrpc":"2.0","result":{"version":"kamailio 5.6.3","id":"unknown ","compiler":"gcc 12.2.0","flags":"USE_TCP, ..."},"id":1}
 */

/** A JSON object begins with a brace and a quoted name. */
const OBJECT_START = /\{\s{0,200}"|\[\s{0,200}(?:\{\s{0,200}"|")/g;
const FIELDS = ["name", "version", "id", "sourceid", "compiler", "compiled", "flags"] as const;
/** RPC answers are three levels deep; a batch or a wrapper adds one or two. */
const MAX_DEPTH = 8;
const MAX_ELEMENTS = 200;

/** The text with each JSON document replaced by what it says about a build, in kamcmd's form. */
export function rpcAnswersAsLines(text: string): string {
  if (!text.includes('"')) return text;
  const parts: string[] = [];
  let done = 0;
  OBJECT_START.lastIndex = 0;
  for (let match = OBJECT_START.exec(text); match !== null; match = OBJECT_START.exec(text)) {
    const end = endOfDocument(text, match.index);
    if (end === null) break;
    OBJECT_START.lastIndex = end;
    const value = parse(text.slice(match.index, end));
    if (value === undefined) continue;
    const lines: string[] = [];
    collect(value, lines, 0);
    parts.push(text.slice(done, match.index), "\n", ...lines);
    done = end;
  }
  return parts.length === 0 ? text : parts.join("") + text.slice(done);
}

/** The offset behind the bracket that closes the one at `start`; `null` when none does. Brackets inside strings do not count. */
function endOfDocument(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return i + 1;
  }
  return null;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function collect(value: unknown, lines: string[], depth: number): void {
  if (depth > MAX_DEPTH || lines.length > MAX_ELEMENTS) return;
  if (typeof value === "string") {
    lines.push(`${value}\n`);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, MAX_ELEMENTS)) collect(element, lines, depth + 1);
    return;
  }
  const record = new Map(Object.entries(value));
  if (typeof record.get("version") === "string" || typeof record.get("flags") === "string") {
    lines.push("{\n");
    for (const field of FIELDS) {
      const text = record.get(field);
      if (typeof text === "string") lines.push(`${field}: ${text.replace(/\s/g, " ")}\n`);
    }
    lines.push("}\n");
    return;
  }
  for (const [name, inner] of [...record].slice(0, MAX_ELEMENTS)) {
    if (name !== "jsonrpc" && name !== "id") collect(inner, lines, depth + 1);
  }
}
