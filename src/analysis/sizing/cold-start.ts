/**
 * A size from a load that is asked about, or without any history: what is fixed, and what the load costs by what such things cost on this server, by its
 * configuration or in its release.
 */
import type { Pool } from "../../kamailio/pool.js";
import { MB } from "../../kamailio/units.js";
import type { Basis } from "../capacity/basis.js";
import type { ExpectedLoad } from "../capacity/load.js";
import { pkgSteps, shmSteps } from "../capacity/needs.js";
import { usualMb } from "./demand.js";
import { floor, type Step, typed } from "./estimate.js";

/** The steps to a size that a person would type. */
export function coldStartSteps(pool: Pool, basis: Basis, load: ExpectedLoad): Step[] {
  const usual = usualMb(pool, basis.facts.version);
  const needs = pool === "shm" ? shmSteps(basis, load, "high") : pkgSteps(basis, "high");
  return [...needs, floor(usual * MB, `the default of the release is ${usual} MB`), typed(pool)];
}

/** The steps to the least with which the server starts and gets by. */
export function leastSteps(pool: Pool, basis: Basis, load: ExpectedLoad): Step[] {
  return pool === "shm" ? shmSteps(basis, load, "likely") : pkgSteps(basis, "likely");
}
