/** Q10 to Q15: what changed, reloads, libraries, crashes, a newer release, other servers and the machine. */
import { NEWEST_KNOWN_RELEASES } from "../../../kamailio/knowledge/known-issues.js";
import { CORRUPTION_KINDS } from "../../../kamailio/log/incident.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import { mb, moment } from "../../../kamailio/units.js";
import { rpc, there } from "../../commands/rpc.js";
import { changes } from "../changes.js";
import { type Commands, logCommand, versionCommands } from "../commands.js";
import type { ReportInput } from "../input.js";
import type { ReportQuestion } from "../report.js";
import { quoted } from "../words.js";
import { ids, sentence } from "./what-runs.js";

/** Changes and events named in an answer. */
const SHOWN = 8;

export function whatChanged(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const seen = changes(input);
  const [config] = input.configs;
  const file = input.settings.config_file.value ?? situation.judged?.value.paths.config ?? "/etc/kamailio/kamailio.cfg";
  return {
    id: "Q10",
    question: "What changed, and which module or function triggers it?",
    answer: seen.length === 0 ? null : sentence(seen.slice(0, SHOWN).map(({ at, text }) => `${moment(at)} ${quoted(text, 120)}`)),
    evidence_ids: ids([...seen.slice(0, SHOWN).map(({ id }) => id), config?.id ?? null]),
    missing:
      config === undefined
        ? missing(
            "the configuration shows the modules and functions in use; the shortest one that still shows it, with a SIPp scenario, gets the fastest answer",
            [there(situation.reach, `sudo cat ${quoteShellWord(file)}`)],
            "configs",
          )
        : seen.length > 0
          ? null
          : missing("no change is recorded: say since when it happens and what was new then", [], null),
  };
}

export function reloads(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const seen = input.history.events.filter(({ kind }) => kind === "reload");
  const steps = input.diagnosis.pools.flatMap(({ evidence_for, evidence_against }) =>
    [...evidence_for, ...evidence_against].filter(({ rule }) => rule === "steps_at_reloads" || rule === "one_off_step"),
  );
  const answered = seen.length > 0 || steps.length > 0;
  return {
    id: "Q11",
    question: "Which reload commands are used, and how often (from cron)?",
    answer: answered
      ? sentence([
          seen.length > 0
            ? `${seen.length} reloads are recorded, the last at ${moment(Math.max(...seen.map(({ at }) => at)))}`
            : "",
          ...steps.map(({ detail }) => detail),
        ])
      : null,
    evidence_ids: [],
    missing: answered
      ? null
      : missing(
          "memory that grows in steps grows at reloads (tls.reload, htable.reload, permissions.addressReload, dispatcher.reload)",
          [
            "sudo grep -rhE 'kam(cmd|ctl|cli).*reload' /etc/cron* /var/spool/cron 2>/dev/null",
            `${logCommand(situation)} | grep -ci reload`,
          ],
          null,
        ),
  };
}

/** Modules that bring a library or a language with memory of its own, outside the pools. */
const LIBRARIES: Readonly<Record<string, string>> = {
  tls: "OpenSSL",
  tls_wolfssl: "wolfSSL",
  auth_identity: "OpenSSL",
  stirshaken: "libstirshaken, OpenSSL",
  http_client: "libcurl",
  http_async_client: "libcurl, libevent",
  utils: "libcurl",
  curl: "libcurl",
  xcap_client: "libcurl",
  app_lua: "Lua",
  app_lua_sr: "Lua",
  app_python: "Python 2",
  app_python3: "Python 3",
  app_python3s: "Python 3",
  app_perl: "Perl",
  app_ruby: "Ruby",
  app_ruby_proc: "Ruby",
  app_java: "Java",
  app_mono: "Mono",
  app_jsdt: "Duktape",
  app_sqlang: "Squirrel",
  perl: "Perl",
  cpl_c: "libxml2",
  "cpl-c": "libxml2",
  xmlops: "libxml2",
  pua: "libxml2",
  presence_xml: "libxml2",
  xmlrpc: "libxml2",
  rls: "libxml2",
  jansson: "jansson",
  json: "json-c",
  db_mysql: "libmysqlclient",
  db_postgres: "libpq",
  db_mongodb: "mongo-c-driver",
  ndb_redis: "hiredis",
  db_redis: "hiredis",
  rabbitmq: "librabbitmq",
  kafka: "librdkafka",
  phonenum: "libphonenumber",
  geoip2: "libmaxminddb",
  ldap: "libldap",
  lwsc: "libwebsockets",
};

export function libraries(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const modules = input.settings.modules.value;
  const base = { id: "Q12", question: "Which external libraries and embedded languages, in which versions?" };
  const binary = quoteShellWord(situation.binary);
  if (modules === null)
    return {
      ...base,
      answer: null,
      evidence_ids: [],
      missing: missing("the loaded modules show which libraries are in use", [rpc(situation.reach, "core.modules")], "settings"),
    };
  const used = modules.flatMap((name) => {
    const module = (name.split("/").at(-1) ?? name).replace(/\.so$/, "");
    const library = Object.hasOwn(LIBRARIES, module) ? LIBRARIES[module] : undefined;
    return library === undefined ? [] : [{ module, library }];
  });
  const directory = situation.judged?.value.paths.modules?.[0] ?? null;
  return {
    ...base,
    answer:
      used.length === 0
        ? "None of the loaded modules brings a large library or an embedded language."
        : sentence([used.map(({ module, library }) => `${module} (${library})`).join(", "), "their versions are not recorded"]),
    evidence_ids: ids([input.settings.modules.evidence_id]),
    missing:
      used.length === 0
        ? null
        : missing(
            "the versions of the libraries",
            used
              .slice(0, SHOWN)
              .map(({ module }) =>
                directory === null ? `ldd ${binary}` : `ldd ${quoteShellWord(`${directory.replace(/\/$/, "")}/${module}.so`)}`,
              ),
            null,
          ),
  };
}

export function crashes(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const { incidents } = input;
  const crashed = incidents.filter(({ incident: { kind } }) => kind === "child_died" || CORRUPTION_KINDS.has(kind));
  const base = { id: "Q13", question: "If it crashed: the backtrace (bt full, info locals, list)?" };
  if (crashed.length === 0)
    return {
      ...base,
      answer: incidents.length > 0 ? "The recorded logs show no crash and no damaged memory." : null,
      evidence_ids: [],
      missing:
        incidents.length > 0
          ? null
          : missing("no log is recorded, so a crash would not be known", [logCommand(situation)], "logs"),
    };
  const binary = quoteShellWord(situation.binary);
  return {
    ...base,
    answer: sentence(crashed.slice(0, SHOWN).map(({ ended_at, incident }) => `${moment(ended_at)} ${incident.explanation}`)),
    evidence_ids: crashed.map(({ id }) => id),
    missing: missing(
      "the stack names who freed or overwrote it; take it from the core file of the process that died first",
      [
        "coredumpctl list kamailio 2>/dev/null || ls -l /core* /var/lib/systemd/coredump",
        `gdb ${binary} CORE -batch -ex 'bt full' -ex 'info locals' -ex list`,
      ],
      null,
    ),
  };
}

export function newerRelease(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const tried = [...new Set(input.builds.flatMap(({ value }) => value.version?.text ?? []))];
  const fixed = input.known_issues.find(({ certainty, upgrade_to }) => certainty === "likely" && upgrade_to !== null);
  const current = input.version;
  const newest = NEWEST_KNOWN_RELEASES.at(-1) ?? "";
  const sameSeries = NEWEST_KNOWN_RELEASES.find(
    (text) => current !== null && text.startsWith(`${current.major}.${current.minor}.`),
  );
  const target = fixed?.upgrade_to ?? (sameSeries !== undefined && sameSeries !== current?.text ? sameSeries : newest);
  const others = tried.filter((text) => text !== current?.text);
  return {
    id: "Q14",
    question: "Does it also happen with the latest stable release?",
    answer:
      others.length > 0
        ? `Builds of ${[current?.text ?? "", ...others].filter((text) => text !== "").join(" and ")} are recorded; the changes are listed below.`
        : current !== null && newest === current.text
          ? `${newest} is the newest release known here.`
          : null,
    evidence_ids: others.length > 0 ? input.builds.map(({ id }) => id).slice(0, SHOWN) : [],
    missing:
      others.length > 0 || newest === current?.text
        ? null
        : missing(
            fixed === undefined
              ? `try ${target} under the same load`
              : `${fixed.id} fits and is fixed in ${target}: try it under the same load`,
            [
              `git clone --depth 1 -b ${seriesOf(target)} https://github.com/kamailio/kamailio kamailio-${seriesOf(target)}`,
              ...versionCommands(situation).slice(0, 1),
            ],
            "builds",
            versionCommands(situation).at(-1),
          ),
  };
}

/** Branches are named by series. */
const seriesOf = (release: string) => release.split(".").slice(0, 2).join(".");

export function machine(input: ReportInput, { missing }: Commands): ReportQuestion {
  const host = input.host_memory?.value.hosts.at(-1) ?? null;
  const processes = input.settings.processes.value;
  return {
    id: "Q15",
    question: "One server only? Which machine?",
    answer:
      host === null
        ? null
        : sentence([
            `${mb(host.total)} of memory${host.available === null ? "" : `, ${mb(host.available)} available`}${host.swap_total === null ? "" : `, ${mb(host.swap_total)} of swap`}`,
            processes === null ? "" : `${processes} Kamailio processes`,
            input.host_memory?.judgement.summary ?? "",
          ]),
    evidence_ids: ids([input.host_memory?.id ?? null]),
    missing: missing(
      host === null
        ? "the machine is not recorded; say also whether other servers with the same load show it"
        : "say whether other servers with the same load show it, and the distribution",
      ["cat /proc/meminfo", "lsb_release -a; uname -a; nproc"],
      host === null ? "host-memory" : null,
      host === null ? "cat /proc/meminfo" : undefined,
    ),
  };
}
