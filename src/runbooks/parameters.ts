/** The parameters of a kind: what they are called, what they may be, and the reading of what a caller gave. */
import type { ParameterValue, RunbookParameters } from "./runbook.js";

export interface ParameterSpec {
  name: string;
  type: "string" | "integer" | "boolean";
  description: string;
  /** The words that it may be; `null`: any. */
  values: string[] | null;
  minimum: number | null;
  maximum: number | null;
  /** Longest text. */
  max_length: number | null;
  default: ParameterValue | null;
}

export interface ParameterFault {
  name: string;
  message: string;
}

export function word(name: string, values: string[], description: string, fallback: string | null = null): ParameterSpec {
  return { name, type: "string", description, values, minimum: null, maximum: null, max_length: null, default: fallback };
}

export function words(name: string, description: string, max_length = 200): ParameterSpec {
  return { name, type: "string", description, values: null, minimum: null, maximum: null, max_length, default: null };
}

export function integer(
  name: string,
  minimum: number,
  maximum: number,
  description: string,
  fallback: number | null = null,
): ParameterSpec {
  return { name, type: "integer", description, values: null, minimum, maximum, max_length: null, default: fallback };
}

/** Reads what a caller gave, with the defaults of the rest; what does not fit is named. Numbers may come as text. */
export function readParameters(
  specs: readonly ParameterSpec[],
  given: Readonly<Record<string, unknown>>,
): { parameters: RunbookParameters; faults: ParameterFault[] } {
  const parameters: RunbookParameters = {};
  const faults: ParameterFault[] = [];
  for (const [name, value] of Object.entries(given)) {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) {
      faults.push({
        name,
        message:
          specs.length === 0
            ? "this kind takes no parameters"
            : `unknown; this kind takes ${specs.map((one) => one.name).join(", ")}`,
      });
      continue;
    }
    if (value === undefined || value === null) continue;
    const read = readValue(spec, value);
    if (typeof read === "object") faults.push({ name, message: read.fault });
    else parameters[name] = read;
  }
  for (const { name, default: fallback } of specs)
    if (fallback !== null && parameters[name] === undefined && !faults.some((fault) => fault.name === name))
      parameters[name] = fallback;
  return { parameters, faults };
}

function readValue(spec: ParameterSpec, value: unknown): ParameterValue | { fault: string } {
  if (spec.type === "boolean") return typeof value === "boolean" ? value : { fault: "must be true or false" };
  if (spec.type === "integer") {
    const read = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    const low = spec.minimum ?? Number.MIN_SAFE_INTEGER;
    const high = spec.maximum ?? Number.MAX_SAFE_INTEGER;
    return typeof read === "number" && Number.isInteger(read) && read >= low && read <= high
      ? read
      : { fault: `must be a whole number from ${low} to ${high}` };
  }
  if (typeof value !== "string" || value === "") return { fault: "must be a text" };
  if (spec.values !== null && !spec.values.includes(value)) return { fault: `must be one of ${spec.values.join(", ")}` };
  if (value.length > (spec.max_length ?? 200)) return { fault: `at most ${spec.max_length ?? 200} characters` };
  if (/[\u0000-\u001f\u007f]/.test(value)) return { fault: "must not have control characters" };
  return value;
}
