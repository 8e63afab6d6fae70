/** A real Prometheus on loopback with a data folder of its own; from the distribution's package, where that is installed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Are `prometheus` and `promtool` there? */
export const HAS_PROMETHEUS = ["prometheus", "promtool"].every((name) => spawnSync(name, ["--version"]).status === 0);

export interface RealPrometheus {
  url: string;
  close(): Promise<void>;
}

/**
 * @param history OpenMetrics text with times, `# EOF` included: becomes blocks as if it had been scraped then
 * @param scrape what is scraped each second: `host:port`, as job "live"
 */
export async function realPrometheus(history: string, scrape: string): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), "assistant-prometheus-"));
  const data = join(folder, "data");
  writeFileSync(join(folder, "history.txt"), history);
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", "--quiet", join(folder, "history.txt"), data]);
  writeFileSync(
    join(folder, "prometheus.yml"),
    `scrape_configs:\n  - job_name: live\n    scrape_interval: 1s\n    scrape_timeout: 1s\n    static_configs:\n      - targets: ["${scrape}"]\n`,
  );
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${data}`,
      "--storage.tsdb.retention.time=3650d",
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilReady(`${url}/-/ready`, child);
  return {
    url,
    close: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`prometheus ended with ${child.exitCode}`);
}
