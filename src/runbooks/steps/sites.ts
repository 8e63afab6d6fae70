/** The step that asks whether allocation sites can be had at all, answered by readiness. */
import { address, curl, type Ground } from "../ground.js";
import { failed, type StepPlan, satisfied, step } from "../plan.js";

/** Empty when nothing stands in the way and nothing has to be said. */
export function needSites(g: Ground): StepPlan[] {
  const { readiness } = g.facts;
  const { level, summary, judged } = readiness;
  const finding =
    level === "ready"
      ? satisfied("judgement", judged.running_build_id ?? judged.build_id, null, summary)
      : level === "unknown"
        ? null
        : failed("judgement", judged.running_build_id ?? judged.build_id, null, summary);
  return [
    step({
      id: "check_readiness",
      phase: "triage",
      title: "See whether a dump would name its sites",
      why: "A pool without debugging keeps no file and no line; a dump of it names nobody. Grepping -I for DBG_QM_MALLOC answers this for releases up to 4.3 and from 6.1 on; in between the flag is DBG_SR_MEMORY.",
      commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/plain' ${address(g, "readiness")}`) }],
      expect: "level: ready",
      when_ok: "Take the dump.",
      when_not: "Make the runbook enable_debugging; what must be known until then can still be read from the counters.",
      finding,
    }),
  ];
}
