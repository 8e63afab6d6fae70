/** `modparam("module|other", "name", value)` and `modparamx`, whose value may be a variable that Kamailio evaluates while it reads. */
import { MAX_VALUE } from "./limits.js";
import type { ModuleParameterLine } from "./reading.js";
import type { Token } from "./tokens.js";

/** `modparam("a|b|c", ...)` names modules; more than these are nonsense. */
const MAX_MODULES = 50;

/** `tokens` begin with the keyword; `null` when they are no such statement. */
export function readModuleParameter(
  tokens: readonly Token[],
  lookup: (name: string) => string | null | undefined,
): Pick<ModuleParameterLine, "modules" | "name" | "type" | "value"> | null {
  const extended = tokens[0]?.text === "modparamx";
  const inside = tokens.slice(2, -1);
  const [module, comma, name, secondComma, ...value] = inside;
  if (module?.kind !== "string" || name?.kind !== "string" || comma?.text !== "," || secondComma?.text !== ",") return null;
  const modules = module.text
    .split("|", MAX_MODULES)
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const [first, second] = value;
  if (first === undefined || modules.length === 0) return null;
  const common = { modules, name: name.text.slice(0, 200) };
  if (first.kind === "number" && value.length === 1) return { ...common, type: "int", value: first.number };
  if (first.text === "-" && second?.kind === "number") return { ...common, type: "int", value: -second.number };
  if (first.kind !== "string" && first.kind !== "variable") {
    // A define that is not known here (the environment, another file): Kamailio would refuse it, so it is one that it knows.
    return first.kind === "word" && value.length === 1 ? { ...common, type: "variable", value: null } : null;
  }
  if (!extended && first.kind === "string") return { ...common, type: "string", value: first.text.slice(0, MAX_VALUE) };
  const evaluated = evaluate(first.text, lookup);
  return { ...common, type: evaluated === null ? "variable" : "string", value: evaluated };
}

/** `$def(NAME)` and its kin are the value of a define; any other variable is only known to the server. */
function evaluate(text: string, lookup: (name: string) => string | null | undefined): string | null {
  const replaced = text.slice(0, MAX_VALUE).replace(/\$def(?:n|v|s)?\(([A-Za-z0-9_]{1,256})\)/g, (all, name: string) => {
    const value = lookup(name);
    return value === undefined ? all : (value ?? "").replace(/^["']|["']$/g, "");
  });
  return replaced.includes("$") ? null : replaced;
}
