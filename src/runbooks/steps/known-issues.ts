/** The step that looks up whether this is a known bug of Kamailio, and which release has the fix. */
import type { Pool } from "../../kamailio/pool.js";
import { address, curl, type Ground } from "../ground.js";
import { type StepPlan, satisfied, step } from "../plan.js";

export function knownIssue(g: Ground, pool: Pool | null): StepPlan {
  const ofPool = g.facts.known_issues.filter((issue) => pool === null || issue.pool === null || issue.pool === pool);
  const seen = ofPool.find(({ certainty }) => certainty !== "release_only");
  const others = ofPool.filter(({ certainty }) => certainty === "release_only");
  const also =
    others.length === 0
      ? ""
      : ` ${others.length} more known bugs of this release bear on this pool, though nothing recorded shows them: ${others
          .slice(0, 3)
          .map(({ title }) => title)
          .join("; ")}.`;
  return step({
    id: "known_issue",
    phase: "confirm",
    title: "Look it up among the known bugs",
    why: `An old minor release may have the bug that a newer one fixed: the maintainers ask for that first.${also}`,
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/markdown' ${address(g, "diagnosis")}`) }],
    expect:
      seen === undefined
        ? "No known bug fits what is recorded so far."
        : `${seen.title}: ${seen.summary} It takes: ${seen.needs} Fixed in ${seen.fixed_in.join(", ") || "no release yet"}${seen.fix_commit === null ? "" : ` (commit ${seen.fix_commit})`}.`,
    when_ok:
      seen?.upgrade_to == null
        ? "Follow the workaround, and the issue."
        : `Upgrade to ${seen.upgrade_to}: make the runbook pre_upgrade_check.${seen.workaround === null ? "" : ` Until then: ${seen.workaround}`}`,
    when_not: "Not known: it may be new. Try the newest release of your series first, then report it.",
    finding:
      seen === undefined
        ? null
        : satisfied(
            "judgement",
            seen.id,
            null,
            `${seen.certainty}: ${seen.title}. ${seen.evidence.map(({ detail }) => detail).join("; ")}`,
          ),
  });
}
