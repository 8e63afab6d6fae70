import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.js";

describe("the configuration", () => {
  test("needs nothing", () => {
    expect(readConfig({})).toEqual({
      host: "127.0.0.1",
      port: 8080,
      database_url: "./data/assistant.db",
      log_level: "info",
      retention_raw_days: 14,
      retention_rollup_days: 730,
      outgoing_allow: [],
      allowed_hosts: [],
      upload_idle_s: 30,
      upload_min_rate: 200,
      auth: "none",
    });
  });

  test.each([
    [{ HOST: "127.0.0.1" }, "none"],
    [{ HOST: "127.8.8.8" }, "none"],
    [{ HOST: "::1" }, "none"],
    [{ HOST: "::ffff:127.0.0.1" }, "none"],
    [{ HOST: "localhost" }, "none"],
    [{ HOST: "0.0.0.0" }, "token"],
    [{ HOST: "::" }, "token"],
    [{ HOST: "10.0.0.1" }, "token"],
    [{ HOST: "sip.example.org" }, "token"],
    [{ HOST: "127.0.0.1", AUTH: "token" }, "token"],
  ])("%j asks for %s", (environment, auth) => {
    expect(readConfig(environment).auth).toBe(auth);
  });

  test.each([
    [{ HOST: "0.0.0.0", AUTH: "none" }, "loopback"],
    [{ HOST: "localhost.example.org", AUTH: "none" }, "loopback"],
    [{ PORT: "http" }, "PORT"],
    [{ PORT: "70000" }, "PORT"],
    [{ LOG_LEVEL: "loud" }, "LOG_LEVEL"],
    [{ RETENTION_RAW_DAYS: "0" }, "RETENTION_RAW_DAYS"],
    [{ AUTH: "basic" }, "AUTH"],
  ])("%j is refused, naming %s", (environment, named) => {
    expect(() => readConfig(environment)).toThrow(ConfigError);
    expect(() => readConfig(environment)).toThrow(named);
  });

  test("lists are split at commas and blanks, empty variables are unset", () => {
    expect(readConfig({ OUTGOING_ALLOW: "10.0.0.0/8, prometheus.lan", PORT: "" })).toMatchObject({
      outgoing_allow: ["10.0.0.0/8", "prometheus.lan"],
      port: 8080,
    });
  });
});
