/** Small dumps in Kamailio's words, for tests that need to say exactly what is in them. */

export interface SumOfSite {
  site: string;
  count: number;
  bytes: number;
}

/** Sums by site as qm_sums of 5.x prints them for one process's pkg pool, each line after `prefix`. */
export function pkgSums(pid: number, sums: readonly SumOfSite[], prefix = ` 6(${pid}) `): string {
  const say = (text: string) => `${prefix}ALERT: ${text}\n`;
  return [
    say(`<core> [core/pt.c:586]: mem_dump_pkg_fixup(): Memory still-in-use summary (pkg) of process ${pid}:`),
    say("qm_sums: qm_sums(): summarizing all alloc'ed. fragments:"),
    ...sums.map(({ site, count, bytes }) =>
      say(`qm_sums: qm_sums():  count=${String(count).padStart(6)} size=${String(bytes).padStart(10)} bytes from ${site}`),
    ),
    say("qm_sums: qm_sums(): -----------------------------"),
  ].join("");
}

/** A start-up site that never changes. */
export const PV_TABLE: SumOfSite = { site: "core: core/pvapi.c: pv_table_add(236)", count: 214, bytes: 18_832 };
/** The site of a leak that was fixed in 5.6.4. */
export const REQUIRE = "core: core/parser/parse_require.c: parse_require(55)";

/** `count` chunks of 16 bytes at the leaking site, beside what every start builds. */
export function leaking(count: number): SumOfSite[] {
  return [PV_TABLE, { site: REQUIRE, count, bytes: count * 16 }];
}
