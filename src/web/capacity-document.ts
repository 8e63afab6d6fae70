/** Capacity for people: how much more fits, what a load needs, what things cost, and what is taken before anything comes in. */
import type { Capacity } from "../analysis/capacity/capacity.js";
import { mb } from "../kamailio/units.js";
import type { Block, Document } from "./document.js";

const WORDS: Record<string, string> = {
  contact: "contacts",
  dialog: "calls",
  transaction: "transactions",
  tcp_connection: "TCP connections",
  tls_connection: "TLS connections",
  process_shm: "processes (shm)",
  process_pkg: "processes",
};
/** Parts below this share of their pool are in one line. */
const SMALL_PART = 0.01;

export function capacityDocument(instance: string, capacity: Capacity): Document {
  const { forecast, configured, fixed, now } = capacity;
  const set = (size: number | null) => (size === null ? "unknown" : `${size} MB`);
  return [
    {
      kind: "heading",
      level: 1,
      text: `Capacity of ${instance}: ${capacity.ok ? "it fits" : "it does not fit what is configured"}`,
    },
    { kind: "paragraph", text: firstLimit(capacity) },
    {
      kind: "table",
      head: ["pool", "configured", "needed"],
      rows: [
        ["shm (-m)", set(configured.shm_mb), `${forecast.shm_mb} MB`],
        ["pkg (-M)", set(configured.pkg_mb), `${forecast.pkg_mb} MB`],
        [`host, ${now.processes} processes`, "", mb(forecast.host_bytes)],
      ],
    },
    { kind: "heading", level: 2, text: "How much more fits" },
    {
      kind: "table",
      head: ["of", "more", "until"],
      rows: capacity.headroom.map(({ object, more, limit }) => [WORDS[object] ?? object, grouped(more), limit]),
    },
    { kind: "heading", level: 2, text: "Why so much" },
    {
      kind: "list",
      items: forecast.factors.map(({ pool, name, detail, value_bytes }) => [
        { code: `${pool} ${name}` },
        ` ${mb(value_bytes)}: ${detail}`,
      ]),
    },
    { kind: "heading", level: 2, text: "What one costs" },
    {
      kind: "table",
      head: ["object", "low", "likely", "high", "from"],
      rows: capacity.costs.map(({ object, bytes: { low, likely, high }, source, evidence }) => [
        object,
        grouped(low),
        grouped(likely),
        grouped(high),
        `${source.replaceAll("_", " ")}: ${evidence}`,
      ]),
    },
    { kind: "heading", level: 2, text: "Taken before anything comes in" },
    ...fixedBlocks(fixed),
  ];
}

function fixedBlocks(fixed: Capacity["fixed"]): Block[] {
  const rows = fixed.parts
    .filter(({ pool, bytes: taken }) => taken >= SMALL_PART * (pool === "shm" ? fixed.shm_bytes : fixed.pkg_bytes))
    .map(({ pool, what, bytes: taken, file, line, only }) => [
      pool,
      only === undefined ? what : `${what} (${only})`,
      grouped(taken),
      line === undefined ? "" : `${file}:${line}`,
    ]);
  const unknown = fixed.unknown.map((text): Block => ({ kind: "paragraph", text: `Not known: ${text}` }));
  return [
    {
      kind: "paragraph",
      text: `shm ${mb(fixed.shm_bytes)}; pkg ${mb(fixed.pkg_bytes)} in the process that takes most. Parts below a hundredth are left out here.`,
    },
    { kind: "table", head: ["pool", "what", "bytes", "line"], rows },
    ...unknown,
  ];
}

/** "27,000 more contacts fit into -m 256; TLS connections come to an end first." */
function firstLimit({ headroom, now }: Capacity): string {
  const contacts = headroom.find(({ object }) => object === "contact");
  if (contacts === undefined)
    return "The size of shm is not recorded: post the settings (ps, the unit file, core.info) to know how much more fits.";
  const shares = headroom
    .filter(({ object }) => object in now && object !== "process_pkg")
    .map((one) => ({ ...one, share: one.more / Math.max(1, now[one.object as keyof typeof now] ?? 0) }))
    .sort((a, b) => a.share - b.share);
  const [first] = shares;
  const end =
    first === undefined
      ? ""
      : `; of what is recorded, ${WORDS[first.object] ?? first.object} come to an end first (${grouped(first.more)} more, ${first.limit})`;
  return `${grouped(contacts.more)} more contacts fit into ${contacts.limit}${end}.`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
