/**
 * Which addresses the service may call: public ones, and those that `OUTGOING_ALLOW` lists. Everything else (loopback, private networks,
 * link-local with the clouds' metadata, multicast, reserved, and IPv6 forms that carry such an IPv4 address) is refused, since whoever may
 * name an address here could otherwise read what only this machine can reach.
 */
import ipaddr from "ipaddr.js";
import type { AllowList } from "./allow-list.js";

/** Where global IPv6 addresses are assigned from (RFC 4291, IANA); what lies outside is something special, known to the library or not. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];
/** The well-known NAT64 prefix (RFC 6052); its /48 neighbour 64:ff9b:1:: is for local use and is refused. */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("64:ff9b::"), 96];
const SIX_TO_FOUR: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2002::"), 16];

/**
 * Why an address must not be called; `null` when it may.
 *
 * @param address as the resolver or the URL parser writes it
 * @param host the name that led to it
 */
export function refusalOf(address: string, host: string, allow: AllowList): string | null {
  // `fe80::1%eth0`: the zone says nothing about where it leads.
  const plain = address.split("%", 1)[0] ?? "";
  if (!ipaddr.isValid(plain)) return "is no address";
  if (allow.hasHost(host)) return null;
  const parsed = ipaddr.process(plain);
  if (allow.hasAddress(parsed)) return null;
  if (parsed instanceof ipaddr.IPv4) return refusalOfV4(parsed);
  const carried = carriedV4(parsed);
  if (carried !== null) return allow.hasAddress(carried) ? null : refusalOfV4(carried);
  const range = parsed.range();
  if (range !== "unicast") return `is ${NAMES[range] ?? range}`;
  return parsed.match(GLOBAL_IPV6) ? null : "is outside the global IPv6 addresses";
}

function refusalOfV4(address: ipaddr.IPv4): string | null {
  const range = address.range();
  return range === "unicast" ? null : `is ${NAMES[range] ?? range}`;
}

/** The IPv4 address that a gateway would send it on to. */
function carriedV4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  if (address.match(NAT64)) return new ipaddr.IPv4(bytes.slice(12));
  return address.match(SIX_TO_FOUR) ? new ipaddr.IPv4(bytes.slice(2, 6)) : null;
}

const NAMES: Record<string, string> = {
  unspecified: "this machine itself (unspecified)",
  loopback: "this machine itself (loopback)",
  private: "in a private network",
  linkLocal: "link-local, where clouds keep their metadata",
  uniqueLocal: "in a private network (unique local)",
  carrierGradeNat: "behind a carrier's NAT (100.64.0.0/10)",
  multicast: "multicast",
  broadcast: "broadcast",
};
