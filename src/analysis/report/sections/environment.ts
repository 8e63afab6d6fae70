/** Sections of a report about the server: version, settings, modules, debugging readiness, the host's memory, crashes. */
import { CORRUPTION_KINDS } from "../../../kamailio/log/incident.js";
import { SETTING_NAMES } from "../../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import type { Commands } from "../commands.js";
import type { ReportInput } from "../input.js";
import { type ReportSection, section } from "../report.js";
import { bytes, quoted } from "../words.js";

/** Lines of `kamailio -I`; nothing that it prints is longer. */
const BUILD_LINES = 60;
const BUILD_LINE = 1200;
const SENTENCE = 400;
const MODULES = 4000;

export function build({ build_text, build, running_build }: ReportInput): ReportSection {
  const judged = build ?? running_build;
  const lines = (build_text ?? "").split("\n").map((line) => line.trimEnd().slice(0, BUILD_LINE));
  const differs = build !== null && running_build !== null && build.value.version?.text !== running_build.value.version?.text;
  return section("additional_information", "version", "Kamailio version", {
    paragraphs: differs
      ? [
          `The running process is ${running_build.value.version?.text ?? "another"}, the binary on disk ${build.value.version?.text ?? "another"}: it was not restarted.`,
        ]
      : [],
    code: judged === null || build_text === null ? null : lines.slice(0, BUILD_LINES).join("\n"),
    note: lines.length > BUILD_LINES ? `${BUILD_LINES} of ${lines.length} lines are shown.` : null,
  });
}

export function operatingSystem({ build, running_build }: ReportInput): ReportSection {
  const { operating_system, architecture } = (build ?? running_build)?.value ?? { operating_system: null, architecture: null };
  const known = [operating_system, architecture].filter((part) => part !== null).join(", ");
  return section("additional_information", "operating_system", "Operating system", {
    paragraphs: [`${known === "" ? "Not recorded" : known}; add what lsb_release -a and uname -a print.`],
  });
}

/** Settings that say who and where rather than how much. */
const LEFT_OUT: ReadonlySet<string> = new Set(["modules", "user", "group", "pid_file", "run_dir"]);

export function settings({ settings: all }: ReportInput): ReportSection {
  return section("additional_information", "settings", "Settings in force", {
    table: {
      head: ["setting", "value", "shown by"],
      rows: SETTING_NAMES.filter((name) => !LEFT_OUT.has(name)).flatMap((name) => {
        const { value, source, note } = all[name];
        if (value === null) return [];
        return [
          [
            name,
            quoted(`${value}`, 200),
            quoted(`${source?.replaceAll("_", " ") ?? ""}${note === undefined ? "" : `; ${note}`}`, 300),
          ],
        ];
      }),
    },
  });
}

export function modules({ settings: { modules: loaded } }: ReportInput): ReportSection {
  const names = loaded.value?.map((name) => (name.split("/").at(-1) ?? name).replace(/\.so$/, "")) ?? [];
  return section("additional_information", "modules", "Modules loaded", {
    paragraphs: names.length === 0 ? [] : [`${names.length}: ${quoted(names.join(", "), MODULES)}`],
  });
}

export function readiness({ readiness: judged }: ReportInput): ReportSection {
  const open = judged.checks.filter(({ status }) => status === "fail" || status === "warn");
  return section("debugging_data", "readiness", "Can memory be debugged?", {
    paragraphs: [judged.summary],
    list: open.slice(0, 12).map(({ status, title, detail }) => quoted(`${status}: ${title}: ${detail}`, SENTENCE)),
  });
}

export function hostMemory({ host_memory }: ReportInput): ReportSection {
  const host = host_memory?.value.hosts.at(-1);
  const judged = host_memory?.judgement;
  const figures = [
    ["total", host?.total],
    ["available", host?.available],
    ["page cache", host?.cached],
    ["shared memory", host?.shmem],
    ["slab, reclaimable", host?.slab_reclaimable],
    ["swap", host?.swap_total],
  ] as const;
  return section("additional_information", "host_memory", "Memory of the host", {
    paragraphs: judged === undefined ? [] : [quoted(judged.summary, SENTENCE)],
    list: figures.flatMap(([what, value]) => (value == null ? [] : [`${what}: ${bytes(value)}`])),
  });
}

/** Only after a crash: the template asks for the backtrace. */
export function backtrace({ incidents }: ReportInput, { situation }: Commands): ReportSection {
  const crashed = incidents.some(({ incident: { kind } }) => kind === "child_died" || CORRUPTION_KINDS.has(kind));
  const binary = quoteShellWord(situation.binary);
  return section("debugging_data", "backtrace", "Backtrace", {
    paragraphs: crashed ? ["Paste here what this prints of the core file of the process that died first:"] : [],
    code: crashed ? `gdb ${binary} CORE -batch -ex 'bt full' -ex 'info locals' -ex list` : null,
  });
}

export function sipTraffic(): ReportSection {
  return section("sip_traffic", "sip_traffic", "SIP traffic", {
    paragraphs: ["SIP messages are not recorded here. If one kind of message triggers it, add one, or a SIPp scenario."],
  });
}
