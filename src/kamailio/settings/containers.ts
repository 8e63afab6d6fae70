/**
 * Settings in what starts a container: `docker run ...`, `docker inspect`, compose files, Kubernetes manifests. The official image has
 * ENTRYPOINT ["kamailio","-DD","-E"], so arguments behind the image are Kamailio's options.
 */
import { splitShellWords } from "../shell-words.js";
import { MB } from "../units.js";
import { plainWords } from "./command-line.js";
import { applyContainers, type Container, NO_LIMIT } from "./container.js";
import { binaryBytes, kubernetesBytes } from "./memory-quantity.js";
import type { ReadingBuilder } from "./reading-builder.js";
import { yamlDocuments } from "./yaml-documents.js";

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
  const tasks = containersOfEcs(document);
  if (tasks.length > 0) return applyContainers(builder, tasks, "ecs_task");
  const services = containersOfCompose(document);
  if (services.length > 0) return applyContainers(builder, services, "compose");
  const killed = killedContainers(document, 0);
  const pods = containersOfKubernetes(document, 0).map((pod) => ({ ...pod, oomKilled: killed.get(pod.name) ?? null }));
  return pods.length > 0 && applyContainers(builder, pods, "kubernetes");
}

/** Reads a compose file or manifests in YAML; false when the text is none. */
export function applyYaml(builder: ReadingBuilder, text: string): boolean {
  if (!/^[ \t-]{0,40}(?:image|command|args|entrypoint|containers|services)[ \t]{0,8}:/m.test(text)) return false;
  let found = false;
  for (const document of yamlDocuments(text)) {
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

/** A task definition of ECS; `memory` counts MiB and is a hard limit, the container's before the task's. */
function containersOfEcs(document: unknown): Container[] {
  if (!isFields(document)) return [];
  const task = isFields(document.taskDefinition) ? document.taskDefinition : document;
  if (!Array.isArray(task.containerDefinitions)) return [];
  return task.containerDefinitions.slice(0, 100).flatMap((one: unknown) => {
    if (!isFields(one)) return [];
    const memory = one.memory ?? task.memory;
    return [
      {
        name: textOf(one.name),
        image: textOf(one.image),
        words: [...toWords(one.entryPoint), ...toWords(one.command)],
        environment: environmentOf(one.environment),
        limit: limitOf(memory, (text) => (/^\d{1,9}$/.test(text) ? Number(text) * MB : null), `memory ${textOrNumber(memory)}`),
        oomKilled: null,
      },
    ];
  });
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

/** List, items, a CronJob's template's template: pods lie no deeper. */
const MAX_POD_DEPTH = 8;

/** Pods of any kind: every list named `containers`, wherever the kind keeps its template, and lists of objects. */
function containersOfKubernetes(value: unknown, depth: number): Container[] {
  if (depth > MAX_POD_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, 500).flatMap((one) => containersOfKubernetes(one, depth + 1));
  if (!isFields(value)) return [];
  const isContainer = typeof value.image === "string" && typeof value.name === "string";
  if (isContainer || Array.isArray(value.args) || Array.isArray(value.command)) {
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

/** The containers whose last end was the kernel's, with the words that say so (`status.containerStatuses` of `kubectl get pod -o yaml`). */
function killedContainers(value: unknown, depth: number): Map<string, string> {
  const killed = new Map<string, string>();
  if (depth > MAX_POD_DEPTH) return killed;
  if (Array.isArray(value)) {
    for (const one of value.slice(0, 500)) for (const [name, words] of killedContainers(one, depth + 1)) killed.set(name, words);
    return killed;
  }
  if (!isFields(value)) return killed;
  if (Array.isArray(value.containerStatuses))
    for (const one of value.containerStatuses.slice(0, 500)) {
      const restarts = isFields(one) ? textOrNumber(one.restartCount) : "";
      for (const key of ["lastState", "state"]) {
        const state = isFields(one) && isFields(one[key]) ? one[key] : {};
        const terminated = isFields(state.terminated) ? state.terminated : {};
        if (isFields(one) && terminated.reason === "OOMKilled")
          killed.set(textOf(one.name), `${key} OOMKilled${restarts === "" ? "" : `, ${restarts} restarts`}`);
      }
    }
  for (const key of ["status", "items"])
    for (const [name, words] of killedContainers(value[key], depth + 1)) killed.set(name, words);
  return killed;
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
