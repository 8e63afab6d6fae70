/** Steps that change the command line or the configuration and restart, with the way back, for this service manager. */

import { commandLine } from "../../analysis/commands/process.js";
import { editCommandLine, restartCommands } from "../../analysis/commands/service.js";
import type { Pool } from "../../kamailio/pool.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { MB, mb } from "../../kamailio/units.js";
import { binary, command, configFile, type Ground, inContainer, runOn, there } from "../ground.js";
import { type Finding, type StepPlan, satisfied, step } from "../plan.js";
import type { StepCommand } from "../runbook.js";

const CALLS_LOST =
  "Registrations in memory, calls in progress and TCP and TLS connections are lost unless they are kept elsewhere.";

/** The commands that restart this instance, with the names that are known. */
export function restartLines(g: Ground): StepCommand[] {
  return restartCommands(g.reach).map((line) => command(g, line));
}

/** Opens where the command line is written down, the change as a comment. */
export function editLine(g: Ground, change: string): StepCommand {
  return command(g, editCommandLine(g.reach, change));
}

/** The unit's variables where it has them: SHM_MEMORY and PKG_MEMORY of Debian and RPM packages. */
export function sizeLines(g: Ground, pool: Pool, size: number): StepCommand[] {
  const manager = g.facts.settings.service_manager.value;
  const option = pool === "shm" ? "-m" : "-M";
  if (manager !== "systemd" && manager !== "sysvinit") return [editLine(g, `${option} ${size}`)];
  const variable = pool === "shm" ? "SHM_MEMORY" : "PKG_MEMORY";
  return [
    {
      run_on: "server",
      text: `F=$(${findDefaultFile(g)}); sudo cp -p "$F" "$F.before"; grep -q '^${variable}=' "$F" && sudo sed -i 's/^${variable}=.*/${variable}=${size}/' "$F" || echo '${variable}=${size}' | sudo tee -a "$F"`,
    },
    { run_on: "server", text: `${commandLine(g.reach)}   # before: what stands behind ${option}` },
  ];
}

/** Prints the file of this service that holds SHM_MEMORY and PKG_MEMORY, on Debian or on Red Hat. */
function findDefaultFile(g: Ground): string {
  const files = ["/etc/default/", "/etc/sysconfig/"].map((folder) => quoteShellWord(`${folder}${g.reach.service_name}`));
  return `ls ${files.join(" ")} 2>/dev/null | head -n 1`;
}

/** Lines that take the size back. */
export function sizeUndo(g: Ground): string[] {
  const manager = g.facts.settings.service_manager.value;
  const back =
    manager === "systemd" || manager === "sysvinit"
      ? `F=$(${findDefaultFile(g)}); sudo mv "$F.before" "$F"`
      : editLine(g, "the size that stood there before").text;
  return [back, ...restartLines(g).map((line) => line.text)];
}

/** What to ask for when nothing has been measured: the double. */
const FACTOR = 2;

/** A restart with a bigger pool: time, not a cure. `null` when the size is not known. */
export function raisePool(g: Ground, pool: Pool, title: string): StepPlan | null {
  const setting = pool === "shm" ? g.facts.settings.shm_size_mb : g.facts.settings.pkg_size_mb;
  const now = setting.value;
  if (now === null) return null;
  const recommended = g.facts.sizing?.recommendations.find((one) => one.pool === pool)?.recommended_mb ?? 0;
  const advised = recommended > now ? recommended : null;
  const size = advised ?? now * FACTOR;
  const processes = g.facts.settings.processes.value ?? g.facts.usage.latest?.sample.pkg.length ?? null;
  const more = (size - now) * (pool === "shm" ? 1 : (processes ?? 1)) * MB;
  const cost =
    pool === "shm"
      ? `${mb(more)} more of the host's memory.`
      : processes === null
        ? `${size - now} MB more for each process: how many there are is not recorded.`
        : `${mb(more)} more of the host's memory: ${size - now} MB for each of ${processes} processes.`;
  return step({
    id: "raise_pool",
    phase: "mitigate",
    title,
    why: `${pool === "shm" ? "-m" : "-M"} is ${now} MB now. ${cost} It brings the service back and buys time; against a leak it only moves the date. ${advised === null ? "No larger size is recommended from what is recorded: the double." : "The size is the one that sizing recommends."}`,
    commands: [...sizeLines(g, pool, size), ...restartLines(g)],
    expect: `After the start, the log says \`processes (at least): N - shm size: ... - pkg size: ...\` and the process list shows ${pool === "shm" ? "-m" : "-M"} ${size}.`,
    risk: "restart",
    risk_detail: CALLS_LOST,
    undo: sizeUndo(g),
    when_ok: "Post the settings and a usage sample again: history starts anew.",
    when_not:
      "If it does not start, take the change back; `kamailio -c` with the same sizes tells whether the host can give them.",
    finding: resizedFinding(g, pool),
  });
}

/** The counters say that the pool is larger than it was when the runbook began. */
export function resizedFinding(g: Ground, pool: Pool): Finding | null {
  const sizes = g.facts.usage.recent
    .map(({ at, sample }) => ({ at, total: pool === "shm" ? (sample.shm?.total ?? null) : (sample.pkg[0]?.total_size ?? null) }))
    .filter(({ total }) => total !== null);
  const [first] = sizes;
  const last = sizes.at(-1);
  if (first?.total == null || last?.total == null || last.total <= first.total) return null;
  return satisfied("usage", null, last.at, `${pool} is ${mb(last.total)} now; it was ${mb(first.total)}.`);
}

/** Checks kamailio.cfg, then restarts. */
export function checkAndRestart(g: Ground): StepCommand[] {
  const file = configFile(g);
  const check = `${binary(g)} -c${file === null ? "" : ` -f ${quoteShellWord(file)}`}`;
  return [{ run_on: runOn(g), text: inContainer(g) === null ? check : there(g, check) }, ...restartLines(g)];
}

export function callsLost(): string {
  return CALLS_LOST;
}
