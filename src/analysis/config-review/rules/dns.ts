/** Rules: the DNS cache and the blocklist live in shared memory. */
import { KB, mb } from "../../../kamailio/units.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { poolSizes } from "../sizes.js";

/** Share of shm that the cache may fill. */
const CACHE_SHARE = 0.1;

export function dnsCache(facts: ConfigFacts): ConfigFinding[] {
  const { shm_bytes: shm } = poolSizes(facts);
  const findings: ConfigFinding[] = [];
  const kilobytes = facts.core("dns_cache_mem");
  const where = facts.assigned("dns_cache_mem");
  if (facts.core("use_dns_cache") === 0 || facts.core("dns_cache_init") === 0) {
    findings.push(
      finding("dns_cache_off", "info", facts.assigned("use_dns_cache") ?? facts.assigned("dns_cache_init"), {
        message: "the DNS cache is off: every name is looked up again, and the worker waits",
        why: "A worker that waits for DNS handles no message (src/core/dns_cache.c@5.6.3)",
        write: "use_dns_cache=on",
      }),
    );
  } else if (kilobytes !== null && shm !== null && where !== null && kilobytes * KB > shm * CACHE_SHARE) {
    findings.push(
      finding("dns_cache_large", "warning", where, {
        message: `dns_cache_mem=${kilobytes} lets the DNS cache take ${mb(kilobytes * KB)} of ${mb(shm)} shm (the unit is KB)`,
        why: "Entries are shm chunks; the cache cleans up at about 75 % of the bound (src/core/dns_cache.c:203@5.6.3)",
        write: "dns_cache_mem=500",
      }),
    );
  }
  for (const name of ["dst_blocklist_mem", "dst_blacklist_mem"]) {
    const line = facts.assigned(name);
    const size = typeof line?.value === "number" ? line.value * KB : 0;
    if (line !== null && shm !== null && size > shm * CACHE_SHARE)
      findings.push(
        finding("blocklist_large", "warning", line, {
          message: `${line.written}=${line.value} lets the list of blocked destinations take ${mb(size)} of ${mb(shm)} shm (the unit is KB)`,
          why: "Entries are shm chunks (src/core/dst_blocklist.c@5.6.3)",
          write: `${line.written}=250`,
        }),
      );
  }
  return findings;
}
