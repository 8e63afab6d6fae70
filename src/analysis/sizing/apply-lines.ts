/** The lines to paste for each way in which Kamailio is started. */
import type { ApplyLines } from "./sizing.js";

/**
 * `SHM_MEMORY` and `PKG_MEMORY` are what the units and default files of Debian's and the RPM packages use; an EnvironmentFile (the default file) wins
 * over the drop-in, so set it in one place. The container image takes plain arguments.
 */
export function applyLines(shmMb: number, pkgMb: number): ApplyLines {
  return {
    command_line: `kamailio -m ${shmMb} -M ${pkgMb}`,
    systemd_drop_in: `# systemctl edit kamailio (a value in the default file wins over these)\n[Service]\nEnvironment='SHM_MEMORY=${shmMb}'\nEnvironment='PKG_MEMORY=${pkgMb}'\n`,
    default_file: `# /etc/default/kamailio or /etc/sysconfig/kamailio\nSHM_MEMORY=${shmMb}\nPKG_MEMORY=${pkgMb}\n`,
    docker_args: `-m ${shmMb} -M ${pkgMb}`,
    kubernetes_args: `args: ["-m", "${shmMb}", "-M", "${pkgMb}"]`,
  };
}
