/**
 * Names the class of a process as a person would: its description without the number of the child and its socket, so that
 * `udp receiver child=3 sock=127.0.0.1:5060` and its siblings are one class. Growth in one class alone names the code path (K#3841, K#4399, O#651).
 */

/** What follows one of these belongs to the single process, not to its class. */
const OWN_PARTS = [" child=", " sock=", " exec=", " timer=", " socket="];

/** Ranks of releases without descriptions (before 5.4.0): sr_module.h:145-181@5.6.3. */
const RANKS = new Map([
  [0, "main process"],
  [-1, "timer"],
  [-2, "RPC process"],
  [-4, "tcp main process"],
  [-5, "unix socket process"],
  [-10, "main process - attendant"],
]);

/** UDP and TCP workers share the positive ranks; without descriptions they are told apart by nothing but the number. */
const SIP_WORKER = "SIP worker rank";

/** The labels without repeats, workers that are known by rank alone in one: `SIP worker rank 1, 2`. */
export function processClasses(labels: readonly string[]): string[] {
  const ranks = new Set<string>();
  const classes = new Set<string>();
  for (const label of labels) {
    if (label.startsWith(SIP_WORKER)) ranks.add(label.slice(SIP_WORKER.length + 1));
    else classes.add(label);
  }
  return [...(ranks.size > 0 ? [`${SIP_WORKER} ${[...ranks].join(", ")}`] : []), ...classes];
}

/** The class as words; processes of releases that print no description are named by their rank. */
export function processLabel(desc: string | null, rank: number | null): string {
  if (desc === null || desc.trim() === "") {
    if (rank === null) return "process";
    return rank > 0 && rank < 127 ? `${SIP_WORKER} ${rank}` : (RANKS.get(rank) ?? `process rank ${rank}`);
  }
  let label = desc;
  for (const part of OWN_PARTS) {
    const at = label.indexOf(part);
    if (at > 0) label = label.slice(0, at);
  }
  return label.trim();
}
