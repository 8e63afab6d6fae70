/** Amounts of memory as containers and units write them. */
import { KB } from "../units.js";

const POWERS: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };
/** No machine has more: a larger number is "no limit" (cgroup v1 prints 9223372036854771712). */
const MAX_BYTES = 2 ** 50;

/**
 * Bytes of a Kubernetes quantity (`256Mi`, `1.5G`, `128974848`, `129e6`): binary with an `i`, else decimal
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/). `null` where it sets no limit.
 */
export function kubernetesBytes(text: string): number | null {
  const match = /^(\d{1,20}(?:\.\d{1,9})?)(?:(e\d{1,2})|([kKMGTPE])(i?))?$/.exec(text.trim());
  if (match === null) return null;
  const amount = Number(`${match[1] ?? ""}${match[2] ?? ""}`);
  return limited(amount * (match[4] === "i" ? KB : 1000) ** (POWERS[(match[3] ?? "").toLowerCase()] ?? 0));
}

/** Bytes of what docker, compose and systemd write (`512m`, `1g`, `256MB`, `1.5GiB`, `2G`): always powers of 1024. `null` where it sets no limit. */
export function binaryBytes(text: string): number | null {
  const match = /^(\d{1,20}(?:\.\d{1,9})?)\s?([kKmMgGtTpP]?)(?:i?[bB])?$/.exec(text.trim());
  return match === null ? null : limited(Number(match[1]) * KB ** (POWERS[(match[2] ?? "").toLowerCase()] ?? 0));
}

function limited(bytes: number): number | null {
  return Number.isFinite(bytes) && bytes >= 1 && bytes < MAX_BYTES ? Math.round(bytes) : null;
}
