import { describe, expect, test } from "vitest";
import { configFiles } from "../../../src/kamailio/config/files.js";

describe("the main file", () => {
  test.each([
    [
      "the one that includes others",
      { "pcscf.cfg": "listen=udp:a\n", "kamailio_pcscf.cfg": 'include_file "pcscf.cfg"\n' },
      "kamailio_pcscf.cfg",
    ],
    [
      "kamailio.cfg before another that includes",
      { "old.cfg": 'include_file "a.cfg"\n', "etc/kamailio.cfg": "request_route {\n}\n", "a.cfg": "" },
      "etc/kamailio.cfg",
    ],
    [
      "not a kamailio.cfg that is included",
      { "kamailio.cfg": "children=4\n", "edge.cfg": 'include_file "kamailio.cfg"\n' },
      "edge.cfg",
    ],
    ["the top of a chain", { "c.cfg": "x=1", "b.cfg": '#!import_file "c.cfg"\n', "a.cfg": "!!include_file 'b.cfg'\n" }, "a.cfg"],
    [
      "without includes the one with the script",
      { "dispatcher.list": "1 sip:a", "edge.cfg": 'loadmodule "tm.so"\nrequest_route {\n}\n' },
      "edge.cfg",
    ],
    [
      "files that include each other",
      { "a.cfg": 'include_file "b.cfg"\nloadmodule "tm.so"\n', "b.cfg": 'include_file "a.cfg"\n' },
      "a.cfg",
    ],
    [
      "an include that is commented out counts for nothing",
      { "a.cfg": '# include_file "b.cfg"\n', "b.cfg": "route {\n}\n" },
      "b.cfg",
    ],
    ["no file", {}, ""],
  ])("%s", (_name, files, main) => {
    expect(configFiles({ files }).main).toBe(main);
  });

  test("is the one that the caller names", () => {
    expect(configFiles({ main: "b.cfg", files: { "a.cfg": 'include_file "b.cfg"\n', "b.cfg": "" } }).main).toBe("b.cfg");
  });
});
