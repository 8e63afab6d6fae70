/**
 * Settings in what starts a container: `docker run ...`, `docker inspect`, compose files, Kubernetes manifests. The official image has
 * ENTRYPOINT ["kamailio","-DD","-E"], so arguments behind the image are Kamailio's options.
 */
import { parseAllDocuments } from "yaml";
import { splitShellWords } from "../shell-words.js";
import { applyOptions } from "./apply-options.js";
import { findInWords, plainWords } from "./command-line.js";
import { binaryBytes, kubernetesBytes } from "./memory-quantity.js";
import type { Word } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import type { SettingsForm } from "./settings.js";
import { expandVariables } from "./variables.js";

/** One container with what starts it. */
interface Container {
  name: string;
  image: string;
  /** Entry point and arguments, in the order in which they are run. */
  words: string[];
  environment: Map<string, string>;
  /** The memory limit as it is written, and its bytes; `null`: none is. */
  limit: { bytes: number; quote: string } | null;
  /** The kernel ended it for its limit; `null`: the text does not say. */
  oomKilled: string | null;
}

/** What a text says of a container that says nothing of memory. */
const NO_LIMIT = { limit: null, oomKilled: null };

/** Options of `docker run` that take no value; every other one takes the next word unless it has an `=`. */
const DOCKER_FLAGS = new Set(
  "--detach --interactive --tty --rm --privileged --init --read-only --no-healthcheck --oom-kill-disable --publish-all --quiet --sig-proxy --disable-content-trust --no-hosts --replace".split(
    " ",
  ),
);
const DOCKER_SHORT_FLAGS = /^-[ditPq]+$/;
const ENGINES = new Set(["docker", "podman", "nerdctl"]);

/** Reads `docker run`, `docker create`, `podman run`; false when the words are none. */
export function applyDockerRun(builder: ReadingBuilder, words: readonly string[]): boolean {
  const engine = words.findIndex((word) => ENGINES.has(word.slice(word.lastIndexOf("/") + 1)));
  const verb = words.findIndex((word, index) => index > engine && (word === "run" || word === "create"));
  if (engine === -1 || verb === -1 || verb - engine > 3) return false;
  const container: Container = { name: "", image: "", words: [], environment: new Map(), ...NO_LIMIT };
  let at = verb + 1;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (!word.startsWith("-") || word === "-") break;
    const equals = word.indexOf("=");
    const option = equals === -1 || !word.startsWith("--") ? word : word.slice(0, equals);
    const takes = !DOCKER_FLAGS.has(option) && !DOCKER_SHORT_FLAGS.test(option) && option === word;
    const value = takes ? (words[at + 1] ?? "") : word.slice(equals + 1);
    if (option === "-e" || option === "--env") setVariable(container.environment, value);
    else if (option === "--memory" || option === "-m") container.limit = limitOf(value, binaryBytes, `${option} ${value}`);
    else if (option === "--name") container.name = value;
    else if (option === "--entrypoint") container.words.push(...toWords(value));
    at += takes ? 2 : 1;
  }
  container.image = words[at] ?? "";
  container.words.push(...words.slice(at + 1));
  return applyContainers(builder, [container], "docker");
}

/** Reads a parsed JSON or YAML document: `docker inspect`, compose, Kubernetes; false when it holds no container of Kamailio. */
export function applyDocument(builder: ReadingBuilder, document: unknown): boolean {
  const inspected = (Array.isArray(document) ? document : [document]).flatMap((one) => inspectedContainer(one) ?? []);
  if (inspected.length > 0) return applyContainers(builder, inspected, "docker");
  const services = containersOfCompose(document);
  if (services.length > 0) return applyContainers(builder, services, "compose");
  const pods = containersOfKubernetes(document, 0);
  return pods.length > 0 && applyContainers(builder, pods, "kubernetes");
}

/** A YAML text longer than this is no compose file or manifest. */
const MAX_YAML = 1_000_000;

/** Reads a compose file or manifests in YAML; false when the text is none. */
export function applyYaml(builder: ReadingBuilder, text: string): boolean {
  if (text.length > MAX_YAML || !/^[ \t-]{0,40}(?:image|command|args|entrypoint|containers|services)[ \t]{0,8}:/m.test(text))
    return false;
  // Tabs are no indentation in YAML; a paste from a terminal may have them.
  const documents = parseAllDocuments(text.replaceAll("\t", "  "), { logLevel: "silent", uniqueKeys: false });
  let found = false;
  for (const document of Array.isArray(documents) ? documents.slice(0, 100) : []) {
    if (document.errors.length > 0) {
      builder.warn(`not valid YAML: ${document.errors[0]?.message.split("\n")[0] ?? ""}`);
      continue;
    }
    try {
      found = applyDocument(builder, document.toJS({ maxAliasCount: 50 })) || found;
    } catch {
      // Aliases that multiply: yaml refuses to expand them.
      builder.warn("the YAML repeats itself through aliases too often to be read");
    }
  }
  return found;
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toWords(value: unknown): string[] {
  if (typeof value === "string") return splitShellWords(value.replaceAll("$$", "$")) ?? plainWords(value);
  if (!Array.isArray(value)) return [];
  return value.slice(0, 1000).flatMap((one) => (typeof one === "string" || typeof one === "number" ? [String(one)] : []));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function setVariable(environment: Map<string, string>, assignment: string): void {
  const equals = assignment.indexOf("=");
  if (equals > 0) environment.set(assignment.slice(0, equals), assignment.slice(equals + 1));
}

function environmentOf(value: unknown): Map<string, string> {
  const environment = new Map<string, string>();
  if (Array.isArray(value)) {
    for (const one of value) {
      if (typeof one === "string") setVariable(environment, one);
      else if (isFields(one) && (typeof one.value === "string" || typeof one.value === "number"))
        environment.set(textOf(one.name), String(one.value));
    }
  } else if (isFields(value)) {
    for (const [name, one] of Object.entries(value))
      if (typeof one === "string" || typeof one === "number") environment.set(name, String(one));
  }
  return environment;
}

function inspectedContainer(value: unknown): Container | null {
  if (!isFields(value) || typeof value.Path !== "string" || !Array.isArray(value.Args)) return null;
  const config = isFields(value.Config) ? value.Config : {};
  const host = isFields(value.HostConfig) ? value.HostConfig : {};
  const state = isFields(value.State) ? value.State : {};
  return {
    limit: limitOf(host.Memory, binaryBytes, `HostConfig.Memory ${textOrNumber(host.Memory)}`),
    oomKilled: state.OOMKilled === true ? "State.OOMKilled true" : null,
    name: textOf(value.Name).replace(/^\//, ""),
    image: textOf(config.Image),
    words: [value.Path, ...toWords(value.Args)],
    environment: environmentOf(config.Env),
  };
}

function containersOfCompose(document: unknown): Container[] {
  if (!isFields(document)) return [];
  const services = isFields(document.services) ? document.services : document;
  return Object.entries(services)
    .slice(0, 500)
    .flatMap(([name, service]) => {
      if (!isFields(service) || !["image", "build", "command", "entrypoint"].some((key) => key in service)) return [];
      const words = [...toWords(service.entrypoint), ...toWords(service.command)];
      const image = textOf(service.image);
      return [
        {
          name: textOf(service.container_name) || name,
          image,
          words,
          environment: environmentOf(service.environment),
          limit: composeLimit(service),
          oomKilled: null,
        },
      ];
    });
}

/** Pods of any kind: every list named `containers`, wherever the kind keeps its template, and lists of objects. */
function containersOfKubernetes(value: unknown, depth: number): Container[] {
  if (depth > 8) return [];
  if (Array.isArray(value)) return value.slice(0, 500).flatMap((one) => containersOfKubernetes(one, depth + 1));
  if (!isFields(value)) return [];
  if (Array.isArray(value.args) || Array.isArray(value.command)) {
    return [
      {
        name: textOf(value.name),
        image: textOf(value.image),
        words: [...toWords(value.command), ...toWords(value.args)],
        environment: environmentOf(value.env),
        limit: kubernetesLimit(value.resources),
        oomKilled: null,
      },
    ];
  }
  return ["spec", "template", "jobTemplate", "containers", "items"].flatMap((key) =>
    containersOfKubernetes(value[key], depth + 1),
  );
}

function applyContainers(builder: ReadingBuilder, all: readonly Container[], form: "docker" | "compose" | "kubernetes"): boolean {
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
  const service = form === "kubernetes" ? "kubernetes" : "docker";
  builder.form(form satisfies SettingsForm);
  builder.set("service_manager", service, "container", first.container.image || first.container.name);
  const { limit, oomKilled } = first.container;
  if (limit !== null) builder.set("memory_limit_bytes", limit.bytes, "container", limit.quote);
  if (oomKilled !== null) builder.set("oom_killed", 1, "container", oomKilled);
  if (first.args.binary?.includes("/")) builder.set("binary", first.args.binary, "container", first.args.binary);
  applyOptions(builder, first.args.words, "container");
  return true;
}

function textOrNumber(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function limitOf(written: unknown, bytesOf: (text: string) => number | null, quote: string): Container["limit"] {
  const bytes = bytesOf(textOrNumber(written));
  return bytes === null ? null : { bytes, quote };
}

function kubernetesLimit(resources: unknown): Container["limit"] {
  const limits = isFields(resources) && isFields(resources.limits) ? resources.limits : {};
  return limitOf(limits.memory, kubernetesBytes, `limits.memory ${textOrNumber(limits.memory)}`);
}

/** `deploy.resources.limits.memory` of today's compose files, `mem_limit` of the older ones. */
function composeLimit(service: Fields): Container["limit"] {
  const deploy = isFields(service.deploy) && isFields(service.deploy.resources) ? service.deploy.resources : {};
  const limits = isFields(deploy.limits) ? deploy.limits : {};
  return (
    limitOf(limits.memory, binaryBytes, `deploy.resources.limits.memory ${textOrNumber(limits.memory)}`) ??
    limitOf(service.mem_limit, binaryBytes, `mem_limit ${textOrNumber(service.mem_limit)}`)
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
