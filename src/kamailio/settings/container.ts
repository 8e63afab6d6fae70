/** A container that may run Kamailio, whatever text it was found in, and how its words become settings. */
import { applyOptions } from "./apply-options.js";
import { findInWords } from "./command-line.js";
import type { Word } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import type { SettingsForm } from "./settings.js";
import { expandVariables, looksLikePoolSize } from "./variables.js";

/** One container with what starts it. */
export interface Container {
  name: string;
  image: string;
  /** Entry point and arguments, in the order in which they are run. */
  words: string[];
  environment: Map<string, string>;
  /** The memory limit as it is written, and its bytes; `null`: none is. */
  limit: { bytes: number; quote: string } | null;
  /** The words that say that the kernel ended it for its limit; `null`: none do. */
  oomKilled: string | null;
}

/** What a text says of a container that says nothing of memory. */
export const NO_LIMIT = { limit: null, oomKilled: null };

type ContainerForm = Extract<SettingsForm, "docker" | "dockerfile" | "compose" | "kubernetes" | "ecs_task">;

/** Where the arguments of the process can be seen, whatever the image does with its variables. */
const SEEN_IN: Record<ContainerForm, string> = {
  docker: "docker exec NAME cat /proc/1/cmdline | tr '\\0' ' '",
  dockerfile: "docker run --rm --entrypoint cat IMAGE /proc/1/cmdline | tr '\\0' ' '",
  compose: "docker compose exec SERVICE cat /proc/1/cmdline | tr '\\0' ' '",
  kubernetes: "kubectl exec POD -- cat /proc/1/cmdline | tr '\\0' ' '",
  ecs_task: "aws ecs execute-command --task TASK --interactive --command 'cat /proc/1/cmdline'",
};

/** Sets what the first container of Kamailio among these says; false when there is none. */
export function applyContainers(builder: ReadingBuilder, all: readonly Container[], form: ContainerForm): boolean {
  const ours = all.flatMap((container) => {
    const args = argumentsOf(container);
    return args === null ? [] : [{ container, args }];
  });
  const first = ours[0];
  if (first === undefined) return false;
  if (ours.length > 1)
    builder.warn(
      `several containers run Kamailio (${ours.map(({ container }) => container.name).join(", ")}); read: ${first.container.name}, the first one`,
    );
  const { limit, oomKilled, environment, image, name } = first.container;
  builder.form(form);
  builder.set("service_manager", form === "kubernetes" ? "kubernetes" : "docker", "container", image || name || form);
  // A manifest names no pod, and a compose file a service.
  if (form === "docker" && name !== "") builder.set("container", name, "container", name);
  if (limit !== null) builder.set("memory_limit_bytes", limit.bytes, "container", limit.quote);
  if (oomKilled !== null) builder.set("oom_killed", 1, "container", oomKilled);
  if (first.args.binary?.includes("/")) builder.set("binary", first.args.binary, "container", first.args.binary);
  applyOptions(builder, first.args.words, "container");
  warnOfEnvironmentSizes(builder, environment, SEEN_IN[form]);
  return true;
}

/** Many images make -m and -M of variables of their own: only the image knows of which. */
function warnOfEnvironmentSizes(builder: ReadingBuilder, environment: ReadonlyMap<string, string>, command: string): void {
  if (builder.has("shm_size_mb") || builder.has("pkg_size_mb")) return;
  const sizes = [...environment].filter(([name, value]) => looksLikePoolSize(name) !== null && /^\d/.test(value));
  if (sizes.length === 0) return;
  builder.warn(
    `no -m or -M here. ${sizes.map(([name, value]) => `${name}=${value}`).join(", ")} look like the sizes, but only the image knows what it makes of them; this tells: ${command}`,
  );
}

function isKamailioImage(image: string): boolean {
  return /(?:^|[/_-])kamailio/.test(image);
}

/** The options of Kamailio among the container's words; `null` when it does not run Kamailio. */
function argumentsOf(container: Container): { binary: string | null; words: Word[] } | null {
  const words = container.words.map((written) => expanded(written, container.environment));
  const texts = words.map((word) => word.text ?? word.written ?? "");
  const command = findInWords(texts);
  if (command !== null) {
    const start = texts.length - command.args.length;
    const direct = command.args.every((text, at) => texts[start + at] === text);
    return { binary: command.binary, words: direct ? words.slice(start) : command.args.map((text) => ({ text })) };
  }
  const ours = isKamailioImage(container.image) || /kamailio/.test(container.name);
  const options = words.length === 0 || texts[0]?.startsWith("-");
  return ours && options ? { binary: null, words } : null;
}

/** `$(NAME)` of Kubernetes, `${NAME:-default}` of compose; a variable that the text does not set stays unknown. */
function expanded(written: string, environment: ReadonlyMap<string, string>): Word {
  if (!written.includes("$")) return { text: written };
  const kubernetes = written.replace(/\$\(([A-Za-z_]\w{0,60})\)/g, (_whole, name: string) => `\${${name}}`);
  const text = expandVariables(kubernetes, (name) => environment.get(name));
  const unknown = /^\$\{?([A-Za-z_]\w{0,60})\}?$/.exec(text)?.[1];
  return unknown === undefined ? { text } : { text: null, variable: unknown, written };
}
