/**
 * The packaged Kamailio starts with what sizing advises, and with the lower bound: for a table of configurations whose parameters take much of a pool,
 * under the three memory managers. And it does not start where the review says so.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configurationBasis } from "../../src/analysis/capacity/basis.js";
import { ConfigFacts } from "../../src/analysis/config-review/facts.js";
import { estimateProcesses } from "../../src/analysis/config-review/processes/process-estimate.js";
import { historyFromSamples } from "../../src/analysis/history/from-samples.js";
import { sizeInstance } from "../../src/analysis/sizing/size-instance.js";
import { readConfig } from "../../src/kamailio/config/read-config.js";
import type { Manager } from "../../src/kamailio/pool.js";
import { readVersion } from "../../src/kamailio/version.js";
import { HAS_KAMAILIO, skipNote } from "../support/kamailio.js";
import { type StartedServer, startConfig } from "../support/start-config.js";

const read = (name: string) => readFileSync(new URL(`../fixtures/capacity/${name}.cfg`, import.meta.url), "utf8");
const VERSION = readVersion("5.6.3");
const FILES = { "tls30.cfg": read("tls30") };

/** The stock modules with other parameters. */
const plain = read("plain");
const withCore = (lines: string) => plain.replace("debug=2\n", `debug=2\n${lines}\n`);
const withModules = (lines: string) => plain.replace("request_route {", `${lines}\nrequest_route {`);
const script = (line: string, times: number) =>
  plain.replace("request_route {", `route[LONG] {\n${`${line}\n`.repeat(times)}}\nrequest_route {`);

const CONFIGURATIONS: readonly (readonly [string, string, readonly Manager[]])[] = [
  ["plain", plain, ["qm", "fm", "tlsf"]],
  ["htable size=21", plain.replace("size=8", "size=21"), ["qm", "tlsf"]],
  ["usrloc hash_size=20", withModules('modparam("usrloc", "hash_size", 20)'), ["qm", "fm"]],
  ["dialog hash_size=2^20", withModules('modparam("dialog", "hash_size", 1048576)'), ["qm"]],
  ["print buffers 131072 x 64", read("pv-buffers-131072x64"), ["qm", "fm", "tlsf"]],
  ["print buffers 65536 x 200", withCore("pv_buffer_size=65536\npv_buffer_slots=200"), ["qm"]],
  ["tcp_max_connections=300000", read("tcpmax-300000"), ["qm", "fm", "tlsf"]],
  ["32 TLS domains x 38 processes", read("tls30-16"), ["fm"]],
  ["4000 lines of if", script('if (is_method("INVITE")) { drop; }', 4000), ["qm", "fm"]],
  ["5000 lines of xlog", script('xlog("L_INFO", "from $fu to $ru");', 5000), ["qm"]],
  ["children=60", plain.replace("children=4", "children=60"), ["qm"]],
];

function advised(text: string, manager: Manager) {
  const reading = readConfig(new Map([["kamailio.cfg", text], ...Object.entries(FILES)]), { version: VERSION });
  const server = { reading, version: VERSION };
  const { processes } = estimateProcesses(new ConfigFacts(server));
  const history = historyFromSamples([], {
    version: VERSION,
    shm_manager: manager,
    pkg_manager: manager,
    estimated_processes: processes,
    server,
  });
  const [shm, pkg] = sizeInstance(history, 0).recommendations;
  return {
    processes,
    advised: ["-m", `${shm?.recommended_mb}`, "-M", `${pkg?.recommended_mb}`],
    lower: ["-m", `${shm?.lower_mb}`, "-M", `${pkg?.lower_mb}`],
  };
}

async function start(text: string, manager: Manager, sizes: readonly string[]): Promise<StartedServer> {
  const started = await startConfig(text, {
    options: [...sizes, "-x", manager, "-X", manager],
    files: FILES,
    patience_ms: 15_000,
  });
  if ("log" in started) throw new Error(`it does not start with ${sizes.join(" ")}:\n${started.log.slice(-2000)}`);
  return started;
}

const rows = CONFIGURATIONS.flatMap(([name, text, managers]) => managers.map((manager) => [name, manager, text] as const));

describe.skipIf(!HAS_KAMAILIO)(HAS_KAMAILIO ? "sizes with a real Kamailio" : skipNote("sizes with a real Kamailio"), () => {
  test.each(rows)(
    "%s under %s starts with what is advised and with the lower bound",
    { timeout: 40_000 },
    async (_, manager, text) => {
      const sizes = advised(text, manager);
      const low = await start(text, manager, sizes.lower);
      try {
        expect(low.pools().pkg).toHaveLength(sizes.processes);
      } finally {
        await low.stop();
      }
      await (await start(text, manager, sizes.advised)).stop();
    },
  );

  test.each([
    ["print buffers 131072 x 64", read("pv-buffers-131072x64"), ["-m", "64", "-M", "8"]],
    ["tcp_max_connections=300000", read("tcpmax-300000"), ["-m", "64", "-M", "8"]],
    ["4000 lines of if", script('if (is_method("INVITE")) { drop; }', 4000), ["-m", "64", "-M", "8"]],
  ])("%s does not start with the defaults, and the fixed parts say so", { timeout: 40_000 }, async (_, text, sizes) => {
    const started = await startConfig(text, { options: sizes, files: FILES });
    if (!("log" in started)) await started.stop();
    expect("log" in started).toBe(true);
    const facts = new ConfigFacts({
      reading: readConfig(new Map([["kamailio.cfg", text], ...Object.entries(FILES)]), { version: VERSION }),
      version: VERSION,
    });
    const { fixed } = configurationBasis(facts, estimateProcesses(facts).processes);
    expect(fixed.shm_bytes > 64 * 1_048_576 || fixed.pkg_bytes > 8 * 1_048_576).toBe(true);
  });
});
