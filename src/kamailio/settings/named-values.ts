/**
 * Settings in files of other tools that name the sizes themselves: UCI of OpenWrt (telephony feed), values of Ansible and Helm, supervisord.
 */
import { isMap, isScalar, type YAMLMap } from "yaml";
import { applyOptions, asWords } from "./apply-options.js";
import { findCommand } from "./command-line.js";
import { kubernetesBytes } from "./memory-quantity.js";
import type { ReadingBuilder } from "./reading-builder.js";
import { looksLikePoolSize } from "./variables.js";
import { yamlDocuments } from "./yaml-documents.js";

/** Options of /etc/config/kamailio and the option of Kamailio that the init script makes of them. */
const UCI_OPTIONS: Readonly<Record<string, string>> = {
  shm_memory: "-m",
  shmem: "-m",
  pkg_memory: "-M",
  pkgmem: "-M",
  user: "-u",
  group: "-g",
  cfg_file: "-f",
  cfgfile: "-f",
};

/** Reads /etc/config/kamailio, or what `uci show kamailio` prints; false when the text is neither. */
export function applyUci(builder: ReadingBuilder, text: string): boolean {
  if (!/^\s{0,8}config\s{1,8}kamailio\b/m.test(text) && !/^kamailio\.[^\s.=]{1,60}=kamailio\b/m.test(text)) return false;
  const words: string[] = [];
  const lines =
    /^\s{0,40}(?:option\s{1,20}|kamailio\.[^\s.=]{1,60}\.)(\w{1,60})(?:\s{1,20}|=)(['"]?)([^'"\n]{0,300})\2\s{0,20}$/gm;
  for (const [, name = "", , value = ""] of text.matchAll(lines)) {
    const option = UCI_OPTIONS[name];
    if (option !== undefined && value !== "") words.push(option, value);
  }
  if (words.length === 0) return false;
  builder.form("uci");
  applyOptions(builder, asWords(words), "default_file");
  return true;
}

/** Reads the programs of supervisord's configuration; false when none of them is Kamailio. */
export function applySupervisord(builder: ReadingBuilder, text: string): boolean {
  if (!/^\s{0,8}\[program:[^\]\n]{1,100}\]/m.test(text)) return false;
  for (const [, rest = ""] of text.matchAll(/^\s{0,8}command\s{0,8}=((?:.*)(?:\n[ \t]{1,40}\S.*){0,50})/gm)) {
    const line = rest.replaceAll(/\n\s{0,40}/g, " ").trim();
    const command = findCommand(line);
    if (command === null) continue;
    builder.form("supervisord");
    if (command.binary.includes("/")) builder.set("binary", command.binary, "service_unit", command.binary);
    applyOptions(
      builder,
      // %(ENV_NAME)s is a variable of supervisord's own environment, which the file does not hold.
      command.args.map((text) => {
        const variable = /^%\(ENV_(\w{1,60})\)s$/.exec(text)?.[1];
        return variable === undefined ? { text } : { text: null, variable, written: text };
      }),
      "service_unit",
    );
    const user = /^\s{0,8}user\s{0,8}=\s{0,8}([a-z_][\w-]{0,31})\s{0,8}$/m.exec(text)?.[1];
    if (user !== undefined && !builder.has("user")) builder.set("user", user, "service_unit", `user=${user}`);
    return true;
  }
  return false;
}

/** How deep values are nested in charts and inventories, with room to spare. */
const MAX_DEPTH = 12;

/** Reads the variables of an Ansible role or the values of a Helm chart; false when they name no pool. */
export function applyTemplateValues(builder: ReadingBuilder, text: string): boolean {
  if (!/^[ \t-]{0,40}["']?\w{1,60}["']?[ \t]{0,8}:/m.test(text)) return false;
  const found: Found[] = [];
  for (const document of yamlDocuments(text))
    if (document.errors.length === 0 && isMap(document.contents)) collect(document.contents, found, 0);
  if (!found.some(({ option }) => option !== "limit")) return false;
  builder.form("template_values");
  builder.forgetUnknown();
  for (const { option, value, quote } of found) {
    if (option === "limit") {
      const bytes = kubernetesBytes(value);
      if (bytes !== null) builder.set("memory_limit_bytes", bytes, "container", quote);
      continue;
    }
    const name = option === "-m" ? "shm_size_mb" : "pkg_size_mb";
    const megabytes = /^(\d{1,9})\s?(?:[mM](?:i?[bB]?)?)?$/.exec(value)?.[1];
    if (megabytes === undefined || Number(megabytes) === 0) builder.warn(`${quote} is no number of megabytes`);
    else builder.set(name, Number(megabytes), "default_file", quote);
  }
  builder.warn(
    "these are values of a template, read as -m and -M by their names; what the server was started with says: tr '\\0' ' ' < /proc/$(pidof -s kamailio)/cmdline",
  );
  return true;
}

interface Found {
  option: "-m" | "-M" | "limit";
  value: string;
  quote: string;
}

function collect(map: YAMLMap, found: Found[], depth: number): void {
  if (depth > MAX_DEPTH) return;
  for (const { key, value } of map.items.slice(0, 2000)) {
    const name = isScalar(key) ? String(key.value) : "";
    if (isMap(value)) collect(value, found, depth + 1);
    if (name === "limits" && isMap(value) && isScalar(value.get("memory", true)))
      found.push({ option: "limit", value: String(value.get("memory")), quote: `limits.memory: ${String(value.get("memory"))}` });
    const option = looksLikePoolSize(name);
    if (option !== null && isScalar(value) && found.length < 20)
      found.push({ option, value: String(value.value).trim(), quote: `${name}: ${String(value.value).slice(0, 60)}` });
  }
}
