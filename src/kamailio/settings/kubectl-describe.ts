/**
 * Settings in what `kubectl describe pod` prints: the arguments of each container, one a line, its limit, and how it ended last.
 *
 * @example
 * Containers:
 *   kamailio:
 *     Args:
 *       -m
 *       512
 *     Last State:     Terminated
 *       Reason:       OOMKilled
 *     Limits:
 *       memory:  256Mi
 */
import { applyContainers, type Container, NO_LIMIT } from "./container.js";
import { kubernetesBytes } from "./memory-quantity.js";
import type { ReadingBuilder } from "./reading-builder.js";

const MAX_LINES = 20_000;
const FIELD = /^(\s{0,40})([A-Za-z][\w .-]{0,60}?):(?:\s{1,40}(.*))?$/;

/** Reads the text as a description of a pod; false when it is none that runs Kamailio. */
export function applyKubectlDescribe(builder: ReadingBuilder, text: string): boolean {
  if (!/^\s{0,8}Containers:\s{0,8}$/m.test(text) || !/^\s{0,40}(?:Image|Container ID):\s/m.test(text)) return false;
  const containers: Container[] = [];
  /** Indentation of the line `Containers:`, of a container's name, of its fields; what is deeper belongs to the field. */
  let top = -1;
  let nameIndent = -1;
  let fieldIndent = -1;
  let field = "";
  for (const raw of text.split("\n").slice(0, MAX_LINES)) {
    const line = raw.trimEnd();
    if (line.trim() === "") continue;
    const indent = line.length - line.trimStart().length;
    const [, , name = "", value = ""] = FIELD.exec(line) ?? [];
    if (/^\s{0,8}Containers:$/.test(line)) {
      top = indent;
      nameIndent = -1;
      continue;
    }
    if (top < 0) continue;
    if (indent <= top) {
      top = -1;
      continue;
    }
    if (nameIndent < 0) nameIndent = indent;
    if (indent === nameIndent && name !== "") {
      containers.push({ name, image: "", words: [], environment: new Map(), ...NO_LIMIT });
      fieldIndent = -1;
      field = "";
      continue;
    }
    const container = containers.at(-1);
    if (container === undefined) continue;
    if (fieldIndent < 0) fieldIndent = indent;
    if (indent <= fieldIndent) {
      field = name;
      if (field === "Image") container.image = value;
      if (field === "Restart Count" && container.oomKilled !== null && Number(value) > 0)
        container.oomKilled = `${container.oomKilled}, ${value} restarts`;
    } else if (field === "Command" || field === "Args") container.words.push(line.trim());
    else if ((field === "Last State" || field === "State") && name === "Reason" && value === "OOMKilled")
      container.oomKilled = `${field}: OOMKilled`;
    else if (field === "Limits" && name === "memory") {
      const bytes = kubernetesBytes(value);
      container.limit = bytes === null ? null : { bytes, quote: `Limits: memory ${value}` };
    } else if (field === "Environment" && name !== "") container.environment.set(name, value);
  }
  return applyContainers(builder, containers, "kubernetes");
}
