/** What the review of a configuration takes of what is known of its instance. */
import type { ConfigReading } from "../../kamailio/config/reading.js";
import type { ConfigReviewInput } from "../config-review/facts.js";
import type { InstanceFacts } from "./gather.js";

/** @param reading of the configuration, for the release that `facts` tell */
export function reviewInput(facts: InstanceFacts, reading: ConfigReading): ConfigReviewInput {
  const { version, build, running_build, settings, host_total_bytes } = facts;
  return { reading, version, build: (running_build ?? build)?.value ?? null, settings, host_total_bytes };
}
