import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigFacts } from "../../../src/analysis/config-review/facts.js";
import { estimateProcesses } from "../../../src/analysis/config-review/processes/process-estimate.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import type { EffectiveSettings } from "../../../src/kamailio/settings/settings.js";
import { readVersion } from "../../../src/kamailio/version.js";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

function estimate(
  text: string,
  release: string,
  settings: Partial<EffectiveSettings> = {},
  host_addresses: number | null = null,
) {
  const version = readVersion(release);
  return estimateProcesses(new ConfigFacts({ reading: readConfig(text, { version }), version, settings, host_addresses }));
}

interface Counted {
  name: string;
  announced: number;
  processes: number;
  config: string;
}

describe("configurations whose processes were counted on a running 5.6.3", () => {
  const counted = JSON.parse(readFileSync(new URL("process-counts/5.6.3-debian.json", FIXTURES), "utf8")) as Counted[];
  test.each(counted.map((row) => [row.name, row] as const))("%s", (_, row) => {
    const { processes, announced } = estimate(row.config, "5.6.3");
    expect({ processes, announced }).toEqual({ processes: row.processes, announced: row.announced });
  });
});

describe("recorded servers: core.ps has so many rows, and the log announces so many", () => {
  test.each([
    ["3.3.7-default-fm", 10, 10],
    ["4.0.7-mng1dbg1-qmdbg", 10, 10],
    ["4.2.0-default-fmdbg", 11, 11],
    ["4.4.7-default-qm", 12, 13],
    ["5.0.8-default-qm", 13, 13],
    ["5.5.7-default-fm", 13, 13],
    ["5.6.3-debian-default", 13, 13],
    ["5.8.8-default-qm", 13, 13],
    ["6.0.7-default-tlsf", 13, 13],
    ["6.1.4-cmake-qm", 13, 13],
  ])("%s: %i and %i", (folder, processes, announced) => {
    const text = readFileSync(new URL(`${folder}/k.cfg`, FIXTURES), "utf8");
    const got = estimate(text, folder.split("-")[0] ?? "");
    expect({ processes: got.processes, announced: got.announced, exact: got.exact }).toEqual({
      processes,
      announced,
      exact: true,
    });
  });
});

/** main, timer, slow timer, secondary timer of 5.6.3. */
const CORE = 4;
const TCP_MAIN = 1;
const BARE = "disable_tcp=yes\nchildren=1\nlisten=udp:127.0.0.1:5060\n";

describe("what counts", () => {
  test.each([
    ["one UDP socket", BARE, CORE + 1],
    ["children for each socket", "children=4\nlisten=udp:127.0.0.1:5060\nlisten=udp:127.0.0.1:5062\ndisable_tcp=yes\n", CORE + 8],
    ["the default of 8 children, for UDP and for TCP", "listen=127.0.0.1:5060\n", CORE + 8 + TCP_MAIN + 8],
    ["no TCP socket", "listen=udp:127.0.0.1:5060\nchildren=2\n", CORE + 2 + TCP_MAIN],
    [
      "two TCP sockets share their receivers",
      "children=2\nlisten=tcp:127.0.0.1:5060\nlisten=tcp:127.0.0.1:5062\n",
      CORE + TCP_MAIN + 2,
    ],
    [
      "workers of one socket",
      "children=2\nsocket_workers=5\nlisten=udp:127.0.0.1:5060\nlisten=udp:127.0.0.1:5062\ndisable_tcp=yes\n",
      CORE + 7,
    ],
    ["async workers and groups", `${BARE}async_workers=3\nasync_workers_group="name=a;workers=2"\n`, CORE + 1 + 5],
    ["usrloc timers", `${BARE}loadmodule "usrloc.so"\nmodparam("usrloc", "timer_procs", 2)\n`, CORE + 1 + 2],
    ["jsonrpcs by default: FIFO and datagram", `${BARE}loadmodule "jsonrpcs.so"\n`, CORE + 1 + 2],
    ["jsonrpcs over HTTP alone", `${BARE}loadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "transport", 1)\n`, CORE + 1],
    ["nathelper pings", `${BARE}loadmodule "nathelper.so"\nmodparam("nathelper", "natping_interval", 30)\n`, CORE + 1 + 1],
    ["a module that starts nothing", `${BARE}loadmodule "rr.so"\n`, CORE + 1],
    ["TLS that is loaded and off", 'children=1\nloadmodule "tls.so"\nlisten=tls:127.0.0.1:5061\n', CORE + TCP_MAIN],
    ["TLS that is on", 'children=1\nenable_tls=yes\nloadmodule "tls.so"\nlisten=tls:127.0.0.1:5061\n', CORE + TCP_MAIN + 1],
  ])("%s", (_, text, processes) => {
    expect(estimate(text, "5.6.3").processes).toBe(processes);
  });

  test("the command line wins over the file", () => {
    const children = { value: 3, source: "command_line" as const, recorded_at: null, evidence_id: null, quote: "-n 3" };
    expect(estimate(BARE, "5.6.3", { children }).processes).toBe(CORE + 3);
    expect(estimate(BARE, "5.6.3", { children: { ...children, source: "release_default" } }).processes).toBe(CORE + 1);
  });

  test("without listen the addresses of the host decide, and it says so", () => {
    const guessed = estimate("children=2\ndisable_tcp=yes\n", "5.6.3");
    expect(guessed).toMatchObject({ exact: false, processes: CORE + 4 });
    expect(estimate("children=2\ndisable_tcp=yes\n", "5.6.3", {}, 5)).toMatchObject({ exact: true, processes: CORE + 10 });
  });

  test("an interface, or a file of its own, is not counted for certain", () => {
    expect(estimate("listen=eth0\n", "5.6.3").unknown).toEqual(["eth0 (kamailio.cfg:1) may stand for several addresses"]);
    expect(estimate(`${BARE}loadmodule "cdp.so"\n`, "5.6.3").exact).toBe(false);
  });

  test.each([
    ["6.1.4", "udp_receiver_mode=1\n", CORE + 1],
    ["6.1.4", "udp_receiver_mode=2\n", CORE + 16],
    ["5.8.8", "", CORE + 16],
  ])("%s %s", (release, line, processes) => {
    expect(estimate(`${line}disable_tcp=yes\nlisten=udp:127.0.0.1:5060\nlisten=udp:127.0.0.1:5062\n`, release).processes).toBe(
      processes,
    );
  });

  test("the parts add up", () => {
    const { parts, processes } = estimate('listen=127.0.0.1:5060\nloadmodule "ctl.so"\n', "5.6.3");
    expect(parts.reduce((total, part) => total + part.count, 0)).toBe(processes);
    expect(parts.every((part) => part.source !== "" && part.count > 0)).toBe(true);
  });
});
