/** The release that a build stands for in the tables of facts. */
import type { Version } from "../version.js";
import type { Build } from "./build.js";

/** The version of the build; `null` for OpenSIPS, whose 3.4 is no Kamailio 3.4. */
export function kamailioVersion(build: Build | null): Version | null {
  return build === null || build.product === "opensips" ? null : build.version;
}
