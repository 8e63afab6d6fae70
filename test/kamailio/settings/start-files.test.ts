/** Settings in the files that start a server: scripts, images, orchestrators, inventories. Rebuilt from files that users posted. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/kamailio/recognise.js";
import { binaryBytes, kubernetesBytes } from "../../../src/kamailio/settings/memory-quantity.js";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/start-files/${name}.txt`, import.meta.url), "utf8");
const MB = 1_048_576;

function valuesOf(name: string): Record<string, unknown> {
  const { values } = readSettings(fixture(name));
  return Object.fromEntries(Object.entries(values).map(([setting, read]) => [setting, read.value]));
}

describe("settings of a file that starts the server", () => {
  test.each([
    ["dockerfile", "dockerfile", { shm_size_mb: 256, pkg_size_mb: 16, config_file: "/etc/kamailio/kamailio.cfg" }],
    ["entrypoint-shell-vars", "start_script", { shm_size_mb: 64, pkg_size_mb: 8, binary: "/usr/sbin/kamailio" }],
    ["entrypoint-defaults", "start_script", { shm_size_mb: 128, pkg_size_mb: 16, config_file: "/etc/kamailio/kamailio.cfg" }],
    ["docker-inspect-oomkilled", "docker", { shm_size_mb: 256, pkg_size_mb: 24, memory_limit_bytes: 256 * MB, oom_killed: 1 }],
    ["k8s-limit-below-m", "kubernetes", { shm_size_mb: 512, pkg_size_mb: 16, memory_limit_bytes: 256 * MB }],
    ["kubectl-describe", "kubernetes", { shm_size_mb: 512, pkg_size_mb: 16, memory_limit_bytes: 256 * MB, oom_killed: 1 }],
    ["pod-oom-killed", "kubernetes", { shm_size_mb: 64, memory_limit_bytes: 128 * MB, oom_killed: 1 }],
    ["ecs-task", "ecs_task", { shm_size_mb: 256, pkg_size_mb: 12, memory_limit_bytes: 512 * MB }],
    ["uci", "uci", { shm_size_mb: 8, pkg_size_mb: 2, user: "kamailio", config_file: "/etc/kamailio/kamailio.cfg" }],
    ["supervisord", "supervisord", { shm_size_mb: 512, pkg_size_mb: 16, user: "kamailio", binary: "/usr/sbin/kamailio" }],
    ["openrc-run", "init_script", { shm_size_mb: 64, pkg_size_mb: 8, service_manager: "openrc" }],
    ["rc-conf", "rc_conf", { shm_size_mb: 256, pkg_size_mb: 16, user: "kamailio" }],
    ["helm-values", "template_values", { shm_size_mb: 256, pkg_size_mb: 16, memory_limit_bytes: 1024 * MB }],
    ["ansible-values", "template_values", { shm_size_mb: 512, pkg_size_mb: 32 }],
    ["systemctl-show", "systemd_unit", { shm_size_mb: 256, pkg_size_mb: 8, memory_limit_bytes: 512 * MB }],
  ])("%s is read as %s", (name, form, values) => {
    const reading = readSettings(fixture(name));
    expect(reading.forms).toEqual([form]);
    expect(valuesOf(name)).toMatchObject(values);
    expect(reading.refused).toEqual([]);
  });

  test("a script's sizes are defaults, and the answer says how to confirm them", () => {
    const { warnings } = readSettings(fixture("entrypoint-shell-vars"));
    expect(warnings.join()).toContain("/proc/1/cmdline");
    expect(warnings.join()).not.toContain("bad shmem size");
  });

  test("a variable without a default is not a wrong size", () => {
    const { values, refused, warnings } = readSettings("#!/bin/sh\nexec kamailio -DD -m $SHM_MEMORY -M 8\n");
    expect(refused).toEqual([]);
    expect(values.shm_size_mb).toBeUndefined();
    expect(values.pkg_size_mb?.value).toBe(8);
    expect(warnings.join()).toContain("$SHM_MEMORY");
  });

  test("variables of an image look like sizes, and only the image knows", () => {
    const reading = readSettings(fixture("k8s-env-only"));
    expect(reading.forms).toEqual(["kubernetes"]);
    expect(reading.values.shm_size_mb).toBeUndefined();
    expect(reading.values.pkg_size_mb).toBeUndefined();
    expect(reading.warnings.join()).toContain("KAMAILIO_SHM_MEMORY=256, KAMAILIO_PKG_MEMORY=16");
    expect(reading.warnings.join()).toContain("kubectl exec POD -- cat /proc/1/cmdline");
  });

  test("secrets of the environment are not kept", () => {
    expect(JSON.stringify(readSettings(fixture("docker-inspect-oomkilled")))).not.toContain("hunter2");
    expect(JSON.stringify(readSettings(fixture("k8s-limit-below-m")))).not.toContain("s3cr3t-pass");
  });
});

describe("command lines that were cut", () => {
  test("gdb's header shows a beginning: sizes are read, the half of a path is not", () => {
    const reading = readSettings(fixture("gdb-core-header"));
    expect(reading.forms).toEqual(["core_file"]);
    expect(reading.command_line).toBe("cut");
    expect(valuesOf("gdb-core-header")).toEqual({
      shm_size_mb: 2048,
      pkg_size_mb: 12,
      pid_file: "/var/run/kamailio/kamailio.pid",
      binary: "/opt/ums/sbin/kamailio",
    });
  });

  test("columns behind the command are no arguments", () => {
    const { values, command_line } = readSettings(fixture("smem"));
    expect(command_line).toBe("cut");
    expect(values.pid_file).toBeUndefined();
    expect(values.processes?.value).toBe(3);
  });
});

describe("a memory limit against the pools of the same text", () => {
  test.each([
    ["k8s-limit-below-m", "below -m 512 alone"],
    ["docker-inspect-oomkilled", "nothing is left for pkg"],
    ["pod-oom-killed", "lastState OOMKilled, 3 restarts"],
  ])("%s", (name, warning) => expect(readSettings(fixture(name)).warnings.join()).toContain(warning));

  test.each(["ecs-task", "helm-values", "systemctl-show"])("%s fits", (name) => {
    expect(readSettings(fixture(name)).warnings.join()).not.toContain("limit");
  });
});

describe("amounts of memory", () => {
  test.each([
    ["256Mi", 256 * MB],
    ["1.5Gi", 1536 * MB],
    ["129M", 129_000_000],
    ["128974848", 128_974_848],
    ["129e6", 129_000_000],
    ["500k", 500_000],
    ["lots", null],
    ["0", null],
  ])("Kubernetes: %s", (text, bytes) => expect(kubernetesBytes(text)).toBe(bytes));

  test.each([
    ["512m", 512 * MB],
    ["1g", 1024 * MB],
    ["1.5GiB", 1536 * MB],
    ["256MB", 256 * MB],
    ["536870912", 512 * MB],
    ["infinity", null],
    ["9223372036854771712", null],
    ["0", null],
  ])("docker and systemd: %s", (text, bytes) => expect(binaryBytes(text)).toBe(bytes));
});

describe("what is recognised as settings is read as settings", () => {
  test.each(readdirSync(new URL("../../fixtures/start-files/", import.meta.url)).filter((name) => !/gdb|smem/.test(name)))(
    "%s",
    (file) => {
      const found = recognise(fixture(file.replace(".txt", "")));
      expect(found.endpoint).toBe("settings");
    },
  );
});
