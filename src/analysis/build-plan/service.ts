/** How this instance is restarted and where its command line is written down, by service manager. -x and -X are in none of the shipped units. */
import type { EffectiveSettings, SettingValues } from "../../kamailio/settings/settings.js";

type ServiceManager = SettingValues["service_manager"];

const RESTART: Record<ServiceManager, string[]> = {
  systemd: ["sudo systemctl restart kamailio"],
  sysvinit: ["sudo service kamailio restart"],
  openrc: ["sudo rc-service kamailio restart"],
  docker: ["docker restart CONTAINER"],
  kubernetes: ["kubectl rollout restart deployment/NAME"],
  none: ["kill -TERM MAIN_PID", "# then start it again with the same command line"],
};

/** `service` knows both systemd and sysvinit, so it is the word for a machine that nothing is known about. */
const RESTART_UNKNOWN = ["sudo service kamailio restart"];

/** The commands that restart the instance. */
export function restartCommands(settings: EffectiveSettings): string[] {
  const manager = settings.service_manager.value;
  return [...(manager === null ? RESTART_UNKNOWN : RESTART[manager])];
}

const EDIT: Record<ServiceManager, (change: string) => string> = {
  systemd: (change) => `sudo systemctl edit --full kamailio   # ExecStart: ${change}`,
  sysvinit: (change) => `sudoedit /etc/init.d/kamailio   # OPTIONS: ${change}`,
  openrc: (change) => `sudoedit /etc/conf.d/kamailio   # KAMAILIO_OPTS: ${change}`,
  docker: (change) => `# docker run, after the image's name: ${change}`,
  kubernetes: (change) => `kubectl edit deployment/NAME   # args: ${change}`,
  none: (change) => `# kamailio's command line: ${change}`,
};

/** A line break in a path must not end the comment that the path stands in. */
const CONTROL_CHARACTERS = /[\x00-\x1f\x7f\u0085\u2028\u2029]/g;

/** The command that opens the place where the command line is written down, with the change as a comment. */
export function editCommandLine(settings: EffectiveSettings, change: string): string {
  return EDIT[settings.service_manager.value ?? "none"](change.replaceAll(CONTROL_CHARACTERS, " "));
}
