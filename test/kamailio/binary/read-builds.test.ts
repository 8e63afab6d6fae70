import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBuilds } from "../../../src/kamailio/binary/read-builds.js";
import { printCoreInfo, printedFlags, printInternals, printVersion } from "./print-internals.js";

const fixtures = new URL("../../fixtures/", import.meta.url);
const fixture = (path: string) => readFileSync(new URL(path, fixtures), "utf8");

/** Folders of captures of one build each: "5.6.3-debian-default". */
const captures = readdirSync(fixtures).filter(
  (name) => /^\d\.\d\.\d-/.test(name) && readdirSync(new URL(`${name}/`, fixtures)).includes("I.txt"),
);

describe("captures of real builds", () => {
  test("are there", () => expect(captures.length).toBeGreaterThan(20));

  test.each(captures)("%s: -I, -V and core.info tell the same build", (folder) => {
    const [internals] = readBuilds(fixture(`${folder}/I.txt`)).builds;
    const [version] = readBuilds(fixture(`${folder}/V.txt`)).builds;
    const [running] = readBuilds(fixture(`${folder}/idle/kamcmd/core.info.txt`)).builds;
    expect(internals?.version?.text).toBe(folder.split("-")[0]);
    expect(internals?.unknown_lines).toEqual([]);
    for (const other of [version, running]) {
      expect(other?.version).toEqual(internals?.version);
      expect(other?.flags).toEqual(internals?.flags);
      expect(other?.memory).toEqual(internals?.memory);
      expect(other?.compiler).toBe(internals?.compiler);
      expect(other?.compiled_at).toBe(internals?.compiled_at);
    }
    expect(internals?.memory.debug).toBe(folder !== "3.3.7-default-fm" && !folder.includes("dbg0"));
    expect(running?.from_running_process).toBe(true);
  });

  test.each(captures)("%s: -I and -V pasted together are one build, core.info is another source", (folder) => {
    const texts = ["I.txt", "V.txt", "idle/kamcmd/core.info.txt", "idle/kamcmd/core.flags.txt", "idle/kamcmd/core.version.txt"];
    const { builds } = readBuilds(texts.map((name) => fixture(`${folder}/${name}`)).join("\n"));
    expect(builds.map((build) => build.from_running_process)).toEqual([false, true]);
    expect(builds[0]?.default_shm_size_mb).not.toBeNull();
    expect(builds[1]?.architecture).toBe("x86_64");
  });

  test("core.info through JSON-RPC reads as through kamcmd", () => {
    for (const folder of captures.filter((name) => !/^(?:3|4\.0|5\.0)/.test(name)))
      expect(readBuilds(fixture(`${folder}/idle/jsonrpc/core.info.json`)).builds).toEqual(
        readBuilds(fixture(`${folder}/idle/kamcmd/core.info.txt`)).builds,
      );
  });

  test("two flags that 6.1 prints without the comma between them are two", () => {
    const text =
      "version: kamailio 6.1.4 (x86_64/linux) \nflags: , EXTRA_DEBUGUSE_TCP, USE_TLS, PKG_MALLOC, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY, DBG_QM_MALLOC, USE_FUTEX, HAVE_RESOLV_RES\n" +
      "ADAPTIVE_WAIT_LOOPS 1024, MAX_RECV_BUFFER_SIZE 262144, BUF_SIZE 65535, DEFAULT PKG_SIZE 8MB\n";
    const [build] = readBuilds(text).builds;
    expect(build?.flags?.slice(0, 3)).toEqual(["EXTRA_DEBUG", "USE_TCP", "USE_TLS"]);
    expect(build?.memory).toMatchObject({ debug: true, debug_flag: "DBG_SR_MEMORY" });
  });

  test("core.runinfo names the running release, but not its flags", () => {
    const [build] = readBuilds(fixture("6.1.4-cmake-qm/idle/kamcmd/core.runinfo.txt")).builds;
    expect(build).toMatchObject({ product: "kamailio", version: { text: "6.1.4" }, flags: null, from_running_process: true });
  });

  test("the MI command version shows the compile time of another file, so it is not taken", () => {
    const [build] = readBuilds(fixture("3.3.7-default-fm/idle/mi_fifo/version.txt")).builds;
    expect(build).toMatchObject({
      version: { text: "3.3.7" },
      compiler: "gcc 2.2.0",
      compiled_at: null,
      memory: { debug: false },
    });
  });

  test.each`
    folder                    | what
    ${"3.3.7-default-fm"}     | ${"3.3"}
    ${"5.6.3-debian-default"} | ${"5.6"}
  `("a help text ($what) is no build, although its first line names the version", ({ folder }) => {
    expect(readBuilds(fixture(`${folder}/h.txt`))).toMatchObject({ builds: [], help_text: true });
  });

  test("kamailio -v of 3.3 starts the server: its error is no build", () => {
    expect(readBuilds(fixture("3.3.7-default-fm/v.txt")).builds).toEqual([]);
  });

  test("a help text before a version text does not hide it", () => {
    const { builds, help_text } = readBuilds(
      `${fixture("5.6.3-debian-default/h.txt")}\n${fixture("5.6.3-debian-default/V.txt")}`,
    );
    expect(help_text).toBe(true);
    expect(builds.map((build) => build.memory.debug)).toEqual([true]);
  });
});

const K51 = {
  version: "5.1.0",
  memoryWords: ["Q_MALLOC", "F_MALLOC", "TLSF_MALLOC", "DBG_SR_MEMORY"],
  revision: "9a8b7c",
  compiledAt: "17:11:29 Sep 12 2018",
};
const plain = readBuilds(printVersion(K51)).builds;

describe("texts as people paste them", () => {
  const text = printVersion(K51);
  const internals = printInternals(K51);
  const lines = (edit: (line: string, index: number) => string) => text.split("\n").map(edit).join("\n");

  test.each([
    ["with a prompt", `root@sip1:/etc# kamailio -V\n${text}root@sip1:/etc#`],
    ["with CRLF", text.replaceAll("\n", "\r\n")],
    ["coloured", lines((line) => `\x1b[1;32m${line}\x1b[0m`)],
    ["quoted in a mail", lines((line) => `> ${line}`)],
    ["quoted twice", lines((line) => `>> ${line}`)],
    ["as comments", lines((line) => `# ${line}`)],
    ["as a numbered list", lines((line, index) => `${index + 1}. ${line}`)],
    ["in a markdown fence", `\`\`\`text\n${text}\`\`\``],
    ["in wiki italics", `''kamailio -V''\n''${text.trim().replaceAll("\n", "''\n''")}''`],
    ["with bold flags", text.replace("F_MALLOC", "**F_MALLOC**").replace("DBG_SR_MEMORY", "**DBG_SR_MEMORY**")],
    ["with escaped underscores", text.replaceAll("_", "\\_")],
    ["as HTML", `<pre>${text}</pre>`],
    ["with non-breaking spaces", text.replaceAll(" ", "\u00a0")],
    ["with tabs", text.replaceAll(" ", "\t")],
    ["with runs of blanks", text.replaceAll(" ", "    ")],
    ["on one line", text.replaceAll("\n", " ")],
    ["wrapped at every blank", text.replaceAll(" ", "\n")],
    ["wrapped at every comma", text.replaceAll(", ", ",\n")],
    ["wrapped before every comma", text.replaceAll(", ", "\n, ")],
    ["with the limits on the flags line", text.replace("\nADAPTIVE_WAIT_LOOPS=", ", ADAPTIVE_WAIT_LOOPS=")],
    ["with the limits glued to the flags", text.replace("\nADAPTIVE_WAIT_LOOPS=", "ADAPTIVE_WAIT_LOOPS ")],
    ["with ADAPTIVE_WAIT_LOOPS on its own line", text.replace("ADAPTIVE_WAIT_LOOPS=1024, ", "ADAPTIVE_WAIT_LOOPS 1024\n")],
    ["with the month glued to the time", text.replace("17:11:29 Sep", "17:11:29Sep")],
  ])("%s", (_how, pasted) => {
    const { builds } = readBuilds(pasted);
    expect(builds.map((build) => ({ ...build, unknown_lines: [] }))).toEqual(plain);
  });

  test("wrapped by a terminal amid words", () => {
    for (let width = 20; width < 100; width++) {
      const flags = printedFlags(K51).join(", ");
      const wrapped = flags.match(new RegExp(`.{1,${width}}`, "g"))?.join("\n") ?? "";
      const [build] = readBuilds(text.replace(flags, wrapped)).builds;
      expect(build?.flags, `at ${width} columns`).toEqual(printedFlags(K51));
    }
  });

  test("prose around it does not count: the binary is trusted", () => {
    const { builds, unknown_lines } = readBuilds(
      `Hi, I run kamailio 4.2.0 with memory debugging off.\n\n${text}\nWhat can I do? version: 3.3`,
    );
    expect(builds).toHaveLength(1);
    expect(builds[0]?.version?.text).toBe("5.1.0");
    expect(unknown_lines).toEqual(["Hi, I run kamailio 4.2.0 with memory debugging off."]);
    expect(builds[0]?.unknown_lines).toEqual(["What can I do?", "version: 3.3"]);
  });

  test("-I and -V of two binaries stay two", () => {
    const other = { ...K51, memoryWords: ["Q_MALLOC", "F_MALLOC", "TLSF_MALLOC"] };
    expect(readBuilds(internals + text).builds).toHaveLength(1);
    expect(readBuilds(internals + printVersion(other)).builds.map((build) => build.memory.debug)).toEqual([true, false]);
    expect(readBuilds(text + printVersion({ ...K51, compiledAt: "10:00:00 Jan  1 2019" })).builds).toHaveLength(2);
    expect(readBuilds(text + printVersion({ ...K51, version: "5.1.1" })).builds).toHaveLength(2);
  });

  test("a wrapped JSON answer, and one in a batch", () => {
    const info = readBuilds(printCoreInfo(K51)).builds[0];
    const result = {
      version: "kamailio 5.1.0",
      id: "9a8b7c ",
      compiler: "gcc 9.4.0",
      compiled: K51.compiledAt,
      flags: printedFlags(K51).join(", "),
    };
    expect(readBuilds(JSON.stringify([{ jsonrpc: "2.0", result, id: 1 }])).builds).toEqual([info]);
    expect(
      readBuilds(`HTTP/1.1 200 OK\nServer: x\n\n${JSON.stringify({ jsonrpc: "2.0", result, id: 1 }, null, 2)}`).builds,
    ).toEqual([info]);
    const parts = `${JSON.stringify({ result: result.flags })}\n${JSON.stringify({ result: "kamailio 5.1.0 (x86_64/linux) 9a8b7c" })}`;
    expect(readBuilds(parts).builds).toMatchObject([
      { flags: printedFlags(K51), version: { text: "5.1.0" }, source_revision: "9a8b7c" },
    ]);
  });
});

describe("what the text does not show is unknown", () => {
  test.each([
    ["elided by hand", (flags: string) => flags.replace(/, SHM_MEM,.*TLSF_MALLOC/, ", ...,").replace("DBG_SR_MEMORY, ", "")],
    ["elided with an ellipsis character", (flags: string) => flags.replace(/PKG_MALLOC.*DBG_SR_MEMORY/, "…")],
    ["elided with [...]", (flags: string) => flags.replace(/PKG_MALLOC.*DBG_SR_MEMORY/, "[...]")],
    ["cut off", (flags: string) => flags.slice(0, flags.indexOf("TLSF_MALLOC") + 9)],
    ["ending in a comma", (flags: string) => `${flags.slice(0, flags.indexOf(", DBG_SR_MEMORY"))},`],
  ])("flags %s", (_how, edit) => {
    const flags = printedFlags(K51).join(", ");
    const { builds, warnings } = readBuilds(printInternals(K51).replace(flags, edit(flags)));
    expect(builds[0]).toMatchObject({
      flags: null,
      memory: { debug: null, debug_flag: null },
      build_variables: { MEMDBG: null },
    });
    expect(warnings).toHaveLength(1);
  });

  test("an elided list that still shows the word proves it", () => {
    const [build] = readBuilds("version: kamailio 5.4.2 (x86_64/linux)\nflags: USE_TCP, ..., DBG_SR_MEMORY, ...\n").builds;
    expect(build).toMatchObject({ flags: null, memory: { debug: true, debug_flag: "DBG_SR_MEMORY" } });
  });

  test("a list that ends with the text before the memory words is not believed to be whole", () => {
    const [build] = readBuilds("version: kamailio 5.4.2 (x86_64/linux)\nflags: USE_TCP, USE_TLS, TLS_HOOKS").builds;
    expect(build).toMatchObject({ flags: null, memory: { debug: null } });
  });

  test.each(["DBG_LOCK", "DBG_MALLOC", "DBG_SYS_MEMORY", "EXTRA_DEBUG", "DBG_QM_MALLOC"])("%s proves nothing in 5.4", (word) => {
    const [build] = readBuilds(
      printVersion({ version: "5.4.2", memoryWords: ["Q_MALLOC", "F_MALLOC", "TLSF_MALLOC", word] }),
    ).builds;
    expect(build?.memory).toMatchObject({ debug: false, debug_flag: null });
  });

  test("an empty date is no date", () => {
    const [build] = readBuilds("version: kamailio 5.4.2 (x86_64/linux)\nid: unknown\ncompiled on  with gcc 8.3.0\n").builds;
    expect(build).toMatchObject({ compiled_at: null, compiler: "gcc 8.3.0", source_revision: null, source_dirty: null });
  });

  test.each`
    first             | id                 | revision    | dirty
    ${"9a8b7c"}       | ${"9a8b7c"}        | ${"9a8b7c"} | ${false}
    ${"9a8b7c-dirty"} | ${"9a8b7c -dirty"} | ${"9a8b7c"} | ${true}
    ${"9a8b7c-dirty"} | ${"9a8b7c"}        | ${"9a8b7c"} | ${true}
    ${""}             | ${"9a8b7c-dirty"}  | ${"9a8b7c"} | ${true}
    ${""}             | ${"unknown"}       | ${null}     | ${null}
  `("revision $first and id $id", ({ first, id, revision, dirty }) => {
    const [build] = readBuilds(`version: kamailio 5.4.2 (x86_64/linux) ${first}\nid: ${id}\ncompiled with gcc 8\n`).builds;
    expect(build).toMatchObject({ source_revision: revision, source_dirty: dirty });
  });
});

describe("relatives of Kamailio", () => {
  test("SER 0.8 with its CVS line", () => {
    const { builds } = readBuilds(`version: ser 0.8.14 (i386/linux)
flags: STATS: Off, USE_IPV6, USE_TCP, DISABLE_NAGLE, USE_MCAST, DNS_IP_HACK, SHM_MEM, SHM_MMAP, PKG_MALLOC, F_MALLOC, FAST_LOCK-ADAPTIVE_WAIT
ADAPTIVE_WAIT_LOOPS=1024, MAX_RECV_BUFFER_SIZE 262144, MAX_LISTEN 16, MAX_URI_SIZE 1024, BUF_SIZE 3040
@(#) $Id: main.c,v 1.168.4.8 2004/10/26 18:39:15 andrei Exp $
main.c compiled on 16:04:43 Jan 11 2005 with gcc 3.3
`);
    expect(builds).toMatchObject([
      {
        product: "ser",
        version: { text: "0.8.14", major: 0, minor: 8, patch: 14 },
        architecture: "i386",
        memory: { default_manager: "fm", debug: false, join_free: null },
        build_variables: { MEMMNG: null, MEMDBG: null },
        limits: { buf_size: 3040, adaptive_wait_loops: 1024 },
        source_revision: "1.168.4.8",
        compiled_at: "16:04:43 Jan 11 2005",
        compiler: "gcc 3.3",
        unknown_lines: [],
      },
    ]);
  });

  test("OpenSER with a modified Subversion revision", () => {
    const { builds } = readBuilds(`version: openser 1.3.2-notls (sparc64/SunOS)
flags: STATS: Off, USE_IPV6, USE_TCP, DISABLE_NAGLE, USE_MCAST, SHM_MEM, SHM_MMAP, PKG_MALLOC, DBG_QM_MALLOC, FAST_LOCK-ADAPTIVE_WAIT
svnrevision: 2:4258M
main.c compiled on 18:31:27 Jun  4 2008 with gcc 4.1.2`);
    expect(builds).toMatchObject([
      {
        product: "openser",
        version: { text: "1.3.2-notls", suffix: "notls" },
        operating_system: "SunOS",
        memory: { default_manager: "qm", debug: true, debug_flag: "DBG_QM_MALLOC" },
        source_revision: "4258",
        source_dirty: true,
      },
    ]);
  });

  test("OpenSIPS is said to be so, and its DBG_MALLOC does not count", () => {
    const { builds, warnings } = readBuilds(`version: opensips 3.2.5 (x86_64/linux)
flags: STATS: On, DISABLE_NAGLE, USE_MCAST, SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, HP_MALLOC, DBG_MALLOC, FAST_LOCK-FUTEX-ADAPTIVE_WAIT
ADAPTIVE_WAIT_LOOPS=1024, MAX_RECV_BUFFER_SIZE 262144, MAX_LISTEN 16, MAX_URI_SIZE 1024, BUF_SIZE 65535
poll method support: poll, epoll, sigio_rt, select.
git revision: d2496fed5
main.c compiled on 16:09:42 Mar 14 2022 with gcc 10
`);
    expect(builds).toMatchObject([
      {
        product: "opensips",
        memory: { default_manager: null, debug: null, debug_flag: null, join_free: null },
        source_revision: "d2496fed5",
      },
    ]);
    expect(warnings[0]).toContain("OpenSIPS");
  });

  test("a Kamailio under another name is judged by words that are its own", () => {
    const [build] = readBuilds(printVersion(K51).replaceAll("kamailio", "mysip")).builds;
    expect(build).toMatchObject({ product: "other", memory: { debug: true, default_manager: "qm" } });
  });

  test("kamcmd -V is no server", () => {
    expect(readBuilds("version: kamcmd 1.5\nkamcmd.c compiled on  \n").builds).toEqual([]);
  });
});

describe("anything at all", () => {
  test("never throws, and says nothing that is not there", () => {
    const pieces = fc.constantFrom(
      ...printInternals(K51).split(/(?<=[\s,:])/),
      ..."{}\"'*>#\\\n\t\0".split(""),
      "Usage:",
      '{"result":"',
      "...",
      "version: ",
      "kamailio 5.6.3 (x86_64/linux)",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 20 })), { maxLength: 120 }), (parts) => {
        const text = parts.join("");
        for (const build of readBuilds(text).builds) {
          if (build.memory.debug === true) expect(text.replace(/[\s*\\]/g, "")).toContain(build.memory.debug_flag);
          if (build.flags === null) expect(build.memory.debug).not.toBe(false);
          expect(build.unknown_lines.length).toBeLessThanOrEqual(50);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["braces", "{".repeat(1_000_000)],
    ["opened JSON", '{"a":'.repeat(200_000)],
    ["blanks", `version:${" ".repeat(1_000_000)}`],
    ["one long word", `flags: ${"A".repeat(1_000_000)}`],
    ["quote marks", "> ".repeat(500_000)],
    ["versions without end", "version: kamailio 5.6.3 (x86_64/linux)\n".repeat(25_000)],
    ["half labels", "Default paths to ".repeat(60_000)],
    ["commas", `flags: ${"USE_TCP, ".repeat(100_000)}`],
  ])("a megabyte of %s", (_what, text) => {
    const { builds, unknown_lines } = readBuilds(text);
    expect(builds.length).toBeLessThanOrEqual(1);
    expect(unknown_lines.length).toBeLessThanOrEqual(50);
  });
});
