/** How this instance is restarted and where its command line is written down, by service manager. -x and -X are in none of the shipped units. */

import type { SettingValues } from "../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { signalMain } from "./process.js";
import type { Reach } from "./reach.js";
import { placeholder } from "./words.js";

type ServiceManager = SettingValues["service_manager"];

const DEPLOYMENT = `deployment/${placeholder("DEPLOYMENT", "name of the deployment").shell}`;

const RESTART: Record<ServiceManager, (reach: Reach, unit: string) => string[]> = {
  systemd: (_, unit) => [`sudo systemctl restart ${unit}`],
  sysvinit: (_, unit) => [`sudo service ${unit} restart`],
  openrc: (_, unit) => [`sudo rc-service ${unit} restart`],
  docker: ({ box }) => [`docker restart ${box?.word.shell ?? placeholder("CONTAINER", "name of the container").shell}`],
  kubernetes: () => [`kubectl rollout restart ${DEPLOYMENT}`],
  none: (reach) => [signalMain(reach, "TERM"), "# then start it again with the same command line"],
};

/** The commands that restart the instance. `service` knows both systemd and sysvinit, so it is the word for a machine that nothing is known about. */
export function restartCommands(reach: Reach): string[] {
  return RESTART[reach.service_manager ?? "sysvinit"](reach, quoteShellWord(reach.service_name));
}

const EDIT: Record<ServiceManager, (change: string, unit: string) => string> = {
  systemd: (change, unit) => `sudo systemctl edit --full ${unit}   # ExecStart: ${change}`,
  sysvinit: (change, unit) => `sudoedit /etc/init.d/${unit}   # OPTIONS: ${change}`,
  openrc: (change, unit) => `sudoedit /etc/conf.d/${unit}   # KAMAILIO_OPTS: ${change}`,
  docker: (change) => `# docker run, after the image's name: ${change}`,
  kubernetes: (change) => `kubectl edit ${DEPLOYMENT}   # args: ${change}`,
  none: (change) => `# kamailio's command line: ${change}`,
};

/** A line break in a path must not end the comment that the path stands in. */
const CONTROL_CHARACTERS = /[\x00-\x1f\x7f\u0085\u2028\u2029]/g;

/** The command that opens the place where the command line is written down, with the change as a comment. */
export function editCommandLine({ service_manager, service_name }: Reach, change: string): string {
  return EDIT[service_manager ?? "none"](change.replaceAll(CONTROL_CHARACTERS, " "), quoteShellWord(service_name));
}

/** Prints where the command line is written down; a unit where nobody said which service manager it is. */
export function showCommandLine({ service_manager, service_name, box }: Reach): string {
  const unit = quoteShellWord(service_name);
  switch (service_manager) {
    case "docker":
      return `docker inspect ${box?.word.shell ?? placeholder("CONTAINER", "name of the container").shell}`;
    case "kubernetes":
      return `kubectl get ${DEPLOYMENT} -o yaml`;
    case "sysvinit":
      return `cat /etc/init.d/${unit} /etc/default/${unit}`;
    case "openrc":
      return `cat /etc/conf.d/${unit}`;
    default:
      return `systemctl cat ${unit}`;
  }
}
