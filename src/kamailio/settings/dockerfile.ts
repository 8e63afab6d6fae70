/**
 * Settings in a Dockerfile: ENTRYPOINT and CMD of its last stage, with what ENV and ARG set.
 *
 * @example
 * ENTRYPOINT ["kamailio"]
 * CMD ["-DD", "-E", "-m", "256", "-M", "16"]
 */
import { splitShellWords } from "../shell-words.js";
import { plainWords } from "./command-line.js";
import { applyContainers, type Container, NO_LIMIT } from "./container.js";
import type { ReadingBuilder } from "./reading-builder.js";

const INSTRUCTION = /^\s{0,20}(FROM|ENV|ARG|ENTRYPOINT|CMD)\s{1,20}(.*)$/i;
const MAX_LINES = 5_000;

/** Reads the text as a Dockerfile; false when it is none. */
export function applyDockerfile(builder: ReadingBuilder, text: string): boolean {
  if (!/^\s{0,20}FROM\s/im.test(text) || !/^\s{0,20}(?:ENTRYPOINT|CMD)\s/im.test(text)) return false;
  const stages: (Container & { entryPoint: string[]; command: string[] })[] = [];
  for (const line of text
    .replaceAll(/\\\r?\n/g, " ")
    .split("\n")
    .slice(0, MAX_LINES)) {
    const match = INSTRUCTION.exec(line.trimEnd());
    if (match === null) continue;
    const [, instruction = "", rest = ""] = match;
    if (instruction.toUpperCase() === "FROM") {
      const image =
        rest
          .trim()
          .split(/\s+/)
          .find((word) => !word.startsWith("--")) ?? "";
      stages.push({ name: "", image, words: [], environment: new Map(), ...NO_LIMIT, entryPoint: [], command: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) continue;
    if (instruction.toUpperCase() === "ENTRYPOINT") {
      stage.entryPoint = wordsOf(rest);
      // An entry point of its own forgets the command of the image below (https://docs.docker.com/reference/dockerfile/#entrypoint).
      stage.command = [];
    } else if (instruction.toUpperCase() === "CMD") stage.command = wordsOf(rest);
    else setVariables(stage.environment, rest);
  }
  const last = stages.at(-1);
  if (last === undefined) return false;
  const words = [...last.entryPoint, ...last.command];
  if (applyContainers(builder, [{ ...last, words }], "dockerfile")) return true;
  if (words.length === 0) return false;
  builder.warn(
    `the image starts ${words.slice(0, 5).join(" ")}, which is not Kamailio itself: send that script as well (docker run --rm --entrypoint cat IMAGE ${words[0]})`,
  );
  return false;
}

/** `["kamailio", "-m", "64"]`, or a line for the shell. */
function wordsOf(rest: string): string[] {
  const line = rest.trim();
  if (line.startsWith("[")) {
    const words = /"(?:[^"\\]|\\.)*"/g;
    return (line.match(words) ?? []).slice(0, 500).map((word) => word.slice(1, -1).replaceAll(/\\(.)/g, "$1"));
  }
  return splitShellWords(line) ?? plainWords(line);
}

/** `ENV A=1 B="2 3"`, the old `ENV A 1`, `ARG A=1`. */
function setVariables(environment: Map<string, string>, rest: string): void {
  const words = splitShellWords(rest) ?? plainWords(rest);
  const [first = "", ...others] = words;
  if (!first.includes("=")) {
    if (others.length > 0) environment.set(first, others.join(" "));
    return;
  }
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) environment.set(word.slice(0, equals), word.slice(equals + 1));
  }
}
