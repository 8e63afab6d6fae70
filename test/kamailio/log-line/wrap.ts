/** Puts the lines of a capture (stderr of Kamailio) into every wrapping that logs come in: what each logger writes for the same lines. */

/** One line of Kamailio, without anything around it. */
export interface Logged {
  index: number;
  pid: number;
  /** Behind `idx(pid) `. */
  text: string;
  /** Epoch ms at which it was logged. */
  at: number;
}

/** The lines of a capture that Kamailio wrote, one a second. A line that begins with a tab belongs to the one before it. */
export function loggedLines(capture: string, from: number): Logged[] {
  const lines = capture.trimEnd().split(/\n(?!\t)/);
  return lines.flatMap((line, second) => {
    const match = /^ ?(\d+)\((\d+)\) ([\s\S]*)$/.exec(line);
    return match ? [{ index: Number(match[1]), pid: Number(match[2]), text: match[3] ?? "", at: from + second * 1000 }] : [];
  });
}

const iso = (at: number) => new Date(at).toISOString();
const micros = (at: number) => String(at * 1000);
const nanos = (at: number) => String(BigInt(at) * 1_000_000n);
const flat = (text: string) => text.replaceAll("\n", "#012").replaceAll("\t", "#011");
const own = ({ index, pid, text }: Logged) => `${String(index).padStart(2)}(${pid}) ${text}`;
const MONTHS_EN = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const MONTHS_DE = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez".split(" ");

function old(at: number, months: readonly string[]): string {
  const date = new Date(at);
  return `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${iso(at).slice(11, 19)}`;
}

const lined = (each: (line: Logged) => string) => (lines: readonly Logged[]) => lines.map((line) => `${each(line)}\n`).join("");
const record = (each: (line: Logged) => object) => lined((line) => JSON.stringify(each(line)));
const journal = ({ at, pid, text }: Logged) => ({
  __CURSOR: `s=1;i=${at}`,
  __REALTIME_TIMESTAMP: micros(at),
  _HOSTNAME: "sip1",
  SYSLOG_IDENTIFIER: "kamailio",
  _PID: String(pid),
  MESSAGE: text,
});

function exported(line: Logged): string {
  return Object.entries(journal(line))
    .map(([name, value]) => {
      if (!value.includes("\n")) return `${name}=${value}\n`;
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
      return `${name}\n${length.toString("latin1")}${value}\n`;
    })
    .join("");
}

const SHAPE = /^([A-Z]+): (.*? )??(<core>|\w+) \[([^\]:]+):(\d+)\]: (?:(\w+)\(\): )?([\s\S]*)$/;
const DUMP = /^([A-Z]+): ((?:qm|fm|tlsf)_(?:status|sums)): (?:\w+\(\): )?([\s\S]*)$/;

/** The fields that Kamailio's JSON engine writes for a line. */
function engine(line: Logged) {
  const dump = DUMP.exec(line.text);
  const shape = dump ? null : SHAPE.exec(line.text);
  return {
    level: dump?.[1] ?? shape?.[1] ?? "INFO",
    module: (shape?.[3] ?? "core").replace(/[<>]/g, ""),
    file: shape?.[4] ?? "core/mem/q_malloc.c",
    line: Number(shape?.[5] ?? 1),
    function: dump?.[2] ?? shape?.[6] ?? "main",
    logprefix: shape?.[2] ?? "",
    message: dump?.[3] ?? shape?.[7] ?? line.text,
  };
}

const cee = (line: Logged) => {
  const { level, module, file, line: number, function: name, message } = engine(line);
  return {
    time: iso(line.at).replace("Z", "123456Z"),
    proc: { id: String(line.pid), tid: 1 },
    pri: level,
    subsys: module,
    file: { name: file, line: number },
    native: { function: name },
    msg: `${message}\n`,
    pname: "kamailio",
    appname: "kamailio",
    hostname: "sip1",
  };
};
const prefixed = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`kamailio.${name}`, value]));

const hit = (line: Logged) => ({
  _index: "filebeat-2026.11.23",
  _id: String(line.at),
  _source: {
    "@timestamp": iso(line.at),
    host: { name: "sip1" },
    process: { pid: line.pid, name: "kamailio" },
    message: line.text,
  },
  fields: { message: [line.text], "@timestamp": [iso(line.at)] },
});
const hits = (lines: readonly Logged[]) => ({ took: 4, hits: { total: { value: lines.length }, hits: lines.map(hit) } });
const loki = (lines: readonly Logged[]) => ({
  status: "success",
  data: {
    resultType: "streams",
    result: [{ stream: { app: "kamailio", pod: "sip-0" }, values: lines.map((line) => [nanos(line.at), own(line)]) }],
    stats: { summary: { bytesProcessedPerSecond: 1 } },
  },
});
const events = (lines: readonly Logged[]) => ({
  events: lines.map((line) => ({ timestamp: line.at, message: own(line), ingestionTime: line.at + 900 })),
  nextForwardToken: "f/1",
});
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Name, the whole text, and whether the wrapping says times. */
export const WRAPPINGS: readonly [name: string, wrap: (lines: readonly Logged[]) => string, timed: boolean][] = [
  ["stderr", lined(own), false],
  ["stderr in colours", lined((line) => `\x1b[31m${own(line)}\x1b[0m`), false],
  ["syslog", lined((line) => `${old(line.at, MONTHS_EN)} sip1 kamailio[${line.pid}]: ${flat(line.text)}`), true],
  [
    "syslog with German months",
    lined((line) => `${old(line.at, MONTHS_DE)} sip1 kamailio[${line.pid}]: ${flat(line.text)}`),
    true,
  ],
  ["rsyslog ISO", lined((line) => `${iso(line.at)} sip1 kamailio[${line.pid}]: ${flat(line.text)}`), true],
  [
    "RFC 3164 with a priority",
    lined((line) => `<129>${old(line.at, MONTHS_EN)} sip1 kamailio[${line.pid}]: ${flat(line.text)}`),
    true,
  ],
  ["RFC 5424", lined((line) => `<129>1 ${iso(line.at)} sip1 kamailio ${line.pid} - - ${flat(line.text)}`), true],
  ["RFC 5424 with another priority", lined((line) => `<7>1 ${iso(line.at)} sip1 - ${line.pid} - - ${flat(line.text)}`), true],
  ["journalctl -o short-unix", lined((line) => `${line.at / 1000} sip1 kamailio[${line.pid}]: ${flat(line.text)}`), true],
  ["journalctl -o json", record(journal), true],
  ["journalctl -o json-pretty", (lines) => lines.map((line) => `${JSON.stringify(journal(line), null, "\t")}\n`).join(""), true],
  ["journalctl -o export", (lines) => lines.map((line) => `${exported(line)}\n`).join(""), true],
  ["journalctl -o cat of a container", lined((line) => own(line)), false],
  [
    "docker json-file",
    record((line) => ({ log: `${own(line)}\n`, stream: "stderr", time: `${iso(line.at).slice(0, -1)}123456Z` })),
    true,
  ],
  ["CRI", lined((line) => `${iso(line.at).slice(0, -1)}123456Z stderr F ${flat(own(line))}`), true],
  ["docker compose", lined((line) => `kamailio-1  | ${flat(own(line))}`), false],
  ["kubectl logs --prefix", lined((line) => `[pod/sip-0/kamailio] ${flat(own(line))}`), false],
  ["a container in the journal", lined((line) => `${iso(line.at)} host kamailio[7]: ${flat(own(line))}`), true],
  ["Kamailio's JSON engine", record((line) => ({ idx: line.index, pid: line.pid, ...engine(line) })), false],
  [
    "Kamailio's JSON engine with prefixed names",
    record((line) => prefixed({ idx: line.index, pid: line.pid, ...engine(line) })),
    false,
  ],
  [
    "the same as releases write it to stderr, with a quote too many",
    (lines) =>
      record((line) => prefixed({ idx: line.index, pid: line.pid, ...engine(line) }))(lines).replace(
        /("kamailio\.function":"[^"]*")/g,
        '$1"',
      ),
    false,
  ],
  [
    "Kamailio's JSON engine with messages as objects",
    record((line) => ({ idx: line.index, pid: line.pid, ...engine(line), message: { text: engine(line).message } })),
    false,
  ],
  [
    "Kamailio's JSON engine without line ends",
    (lines) => lines.map((line) => JSON.stringify({ idx: line.index, pid: line.pid, ...engine(line) })).join(""),
    false,
  ],
  [
    "Kamailio's JSON engine in syslog",
    lined((line) => `${iso(line.at)} sip1 kamailio[${line.pid}]: ${JSON.stringify(engine(line))}`),
    true,
  ],
  ["CEE", record(cee), true],
  ["CEE in syslog", lined((line) => `${iso(line.at)} sip1 kamailio[${line.pid}]: @cee: ${JSON.stringify(cee(line))}`), true],
  [
    "the engine in docker",
    record((line) => ({
      log: `${JSON.stringify({ idx: line.index, pid: line.pid, ...engine(line) })}\n`,
      stream: "stderr",
      time: iso(line.at),
    })),
    true,
  ],
  [
    "a JSON logger's msg",
    record((line) => ({ ts: line.at / 1000, host: "sip1", program: "kamailio", pid: line.pid, msg: line.text })),
    true,
  ],
  ["a JSON logger's @message", record((line) => ({ "@timestamp": iso(line.at), "@message": own(line) })), true],
  ["Loki on one line", (lines) => JSON.stringify(loki(lines)), true],
  ["Loki, pretty", (lines) => JSON.stringify(loki(lines), null, 2), true],
  ["CloudWatch on one line", (lines) => JSON.stringify(events(lines)), true],
  ["CloudWatch, pretty", (lines) => `${JSON.stringify(events(lines), null, 4)}\n`, true],
  [
    "CloudWatch Insights",
    (lines) =>
      JSON.stringify({
        results: lines.map((line) => [
          { field: "@timestamp", value: iso(line.at).replace("T", " ").slice(0, -1) },
          { field: "@message", value: own(line) },
        ]),
        status: "Complete",
      }),
    true,
  ],
  ["Elasticsearch on one line", (lines) => JSON.stringify(hits(lines)), true],
  ["Elasticsearch, pretty", (lines) => JSON.stringify(hits(lines), null, 2), true],
  [
    "an array of records",
    (lines) =>
      JSON.stringify(
        lines.map((line) => ({ timestamp: iso(line.at), textPayload: own(line) })),
        null,
        1,
      ),
    true,
  ],
  [
    "Loki's CSV",
    (lines) =>
      `Line,Time,tsNs,pod\n${lines.map((line) => `${cell(own(line))},${iso(line.at).slice(0, -1).replace("T", " ")},${nanos(line.at)},sip-0\n`).join("")}`,
    true,
  ],
  [
    "Kibana's CSV",
    (lines) =>
      `"@timestamp","host.name","process.name","process.pid",message\n${lines.map((line) => `${cell(iso(line.at))},sip1,kamailio,${line.pid},${cell(line.text)}\n`).join("")}`,
    true,
  ],
  [
    "a web page",
    (lines) =>
      `<pre>${lines.map((line) => `${old(line.at, MONTHS_EN)} sip1 kamailio[${line.pid}]: ${escaped(flat(line.text))}<br/>\n`).join("")}</pre>\n`,
    true,
  ],
  ["a mail's quotes", lined((line) => `> > ${iso(line.at)} sip1 kamailio[${line.pid}]: ${flat(line.text)}`), true],
];
