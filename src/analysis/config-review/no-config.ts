/** Stands for a configuration that is not recorded: the defaults of the release, and what settings say beside it. */
import { readConfig } from "../../kamailio/config/read-config.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";

export const NO_CONFIG: ConfigReading = readConfig("");
