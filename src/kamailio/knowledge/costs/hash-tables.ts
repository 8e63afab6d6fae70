/**
 * The tables that modules make in shared memory when they start, before anything is in them: how many slots a parameter asks for, and what a slot
 * takes. Slots without a struct's name were measured on Debian's 5.6.3 (two starts, with and without; the same under every manager, since a table is
 * one chunk); those of modules that are not packaged there are from the struct in the source.
 */
import { type ByManager, CHUNK_OVERHEAD, same } from "./by-manager.js";

export interface TableCost {
  module: string;
  /** The parameter that sizes it; `null`: it has no parameter. */
  parameter: string | null;
  /**
   * How the value becomes slots: `power` is 2^value, `count` is the value, `count_power` the power of two at or below it, `definition` is `size=N` in a
   * definition `name=>size=N;...` that may come many times.
   */
  slots: "power" | "count" | "count_power" | "definition";
  /** Without the parameter. */
  fallback: number;
  /** Beyond it the module takes `beyond`. */
  largest?: { value: number; beyond: number };
  /** Made only when the parameter is set to more than this. */
  above?: number;
  slot: ByManager;
  /** Bytes beside the slots. */
  beside?: number;
  /** Made only when something uses it; `domain`: a route that saves or looks up a usrloc domain. */
  needs?: "domain";
  since?: string;
  until?: string;
  source: string;
}

/** A slot with a chunk of its own. */
const slotWithChunk = (slot: number, chunk: number): ByManager => ({
  qm: slot + chunk + CHUNK_OVERHEAD.qm,
  fm: slot + chunk + CHUNK_OVERHEAD.fm,
  tlsf: slot + chunk + CHUNK_OVERHEAD.tlsf,
});

const MEASURED = "measured on 5.6.3";

export const TABLES: readonly TableCost[] = [
  {
    module: "htable",
    parameter: "htable",
    slots: "definition",
    fallback: 8,
    largest: { value: 31, beyond: 14 },
    slot: same(32),
    source: `ht_entry_t, src/modules/htable/ht_api.c:297-301@5.6.3; ${MEASURED}`,
  },
  {
    module: "usrloc",
    parameter: "hash_size",
    slots: "power",
    fallback: 10,
    slot: same(48),
    needs: "domain",
    source: `hslot_t, made when a route first names the domain; ${MEASURED}`,
  },
  {
    module: "dialog",
    parameter: "hash_size",
    slots: "count_power",
    fallback: 4096,
    slot: same(32),
    source: `dlg_entry_t, src/modules/dialog/dlg_hash.c@5.6.3; ${MEASURED}`,
  },
  {
    module: "tm",
    parameter: null,
    slots: "count",
    fallback: 65_536,
    slot: same(32),
    until: "6.0.99",
    source: `tm_entry_t x TABLE_ENTRIES, src/modules/tm/h_table.h:453@5.6.3; ${MEASURED}`,
  },
  {
    module: "tm",
    parameter: null,
    slots: "count",
    fallback: 65_536,
    slot: same(48),
    since: "6.1.0",
    source: "tm_entry_t x TABLE_ENTRIES, src/modules/tm/h_table.h:467@6.1.0; 3,145,728 measured",
  },
  {
    module: "dispatcher",
    parameter: "ds_hash_size",
    slots: "power",
    fallback: 0,
    above: 0,
    slot: same(24),
    source: `ds_entry_t, src/modules/dispatcher/ds_ht.c:91; ${MEASURED}`,
  },
  { module: "pipelimit", parameter: "hash_size", slots: "power", fallback: 6, slot: same(24), source: `rlp_slot_t; ${MEASURED}` },
  { module: "msrp", parameter: "cmap_size", slots: "power", fallback: 0, above: 0, slot: same(24), source: MEASURED },
  { module: "tsilo", parameter: "hash_size", slots: "count", fallback: 2048, slot: same(32), source: MEASURED },
  {
    module: "rtpengine",
    parameter: "hash_table_size",
    slots: "count",
    fallback: 256,
    slot: { qm: 292, fm: 228, tlsf: 244 },
    source: `a slot, its lock and its first entry, src/modules/rtpengine/rtpengine_hash.c:52-102; ${MEASURED}`,
  },
  { module: "cfgutils", parameter: "lock_set_size", slots: "power", fallback: 0, above: 0, slot: same(4), source: MEASURED },
  { module: "debugger", parameter: "mod_hash_size", slots: "power", fallback: 0, above: 0, slot: same(32), source: MEASURED },
  {
    module: "uac",
    parameter: "reg_hash_size",
    slots: "power",
    fallback: 4,
    slot: same(16),
    source: `reg_ht_t, two tables when reg_db_url is set; ${MEASURED}`,
  },
  {
    module: "auth",
    parameter: "nc_array_size",
    slots: "count",
    fallback: 1_048_576,
    slot: same(1),
    source: `only with nonce_count=1, src/modules/auth/nc.c:129@5.6.3; ${MEASURED}`,
  },
  {
    module: "lcr",
    parameter: "lcr_gw_count",
    slots: "count",
    fallback: 128,
    slot: same(1376),
    source: "two tables of gateways, src/modules/lcr/lcr_mod.c:705-743@5.6.3; measured on 5.6.3",
  },
  {
    module: "presence",
    parameter: "subs_htable_size",
    slots: "power",
    fallback: 9,
    slot: slotWithChunk(16, 352),
    source: "subs_entry_t and a first subs_t a slot, src/modules/presence/hash.c:50-75",
  },
  {
    module: "presence",
    parameter: "pres_htable_size",
    slots: "power",
    fallback: 9,
    slot: slotWithChunk(16, 56),
    source: "phtable_t and a first pres_entry_t a slot, src/modules/presence/hash.c:560",
  },
  {
    module: "pua",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: slotWithChunk(16, 320),
    source: "hash_entry_t and a first ua_pres_t a slot, src/modules/pua/hash.c:81",
  },
  {
    module: "rls",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: slotWithChunk(16, 352),
    source: "a table of presence's kind, src/modules/rls/rls.c:492",
  },
  {
    module: "imc",
    parameter: "hash_size",
    slots: "power",
    fallback: 4,
    slot: same(16),
    source: "imc_hentry_t, src/modules/imc/imc_mng.c:58",
  },
  {
    module: "http_async_client",
    parameter: "hash_size",
    slots: "count_power",
    fallback: 2048,
    slot: same(16),
    source: "http_m_entry_t, src/modules/http_async_client/hm_hash.h",
  },
  {
    module: "sca",
    parameter: "hash_table_size",
    slots: "power",
    fallback: 9,
    slot: same(24),
    source: "sca_hash_slot, src/modules/sca/sca_hash.c:40",
  },
  {
    module: "p_usrloc",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: same(48),
    needs: "domain",
    source: "hslot_t as in usrloc",
  },
  {
    module: "dlgs",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: same(24),
    source: "dlgs_slot_t, src/modules/dlgs/dlgs_records.c:292",
  },
  {
    module: "ims_usrloc_scscf",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: same(48),
    source: "hslot_t, src/modules/ims_usrloc_scscf/ims_usrloc_scscf_mod.c:112",
  },
  {
    module: "ims_usrloc_scscf",
    parameter: "contacts_hash_size",
    slots: "power",
    fallback: 9,
    slot: same(48),
    source: "contact_hslot_t, src/modules/ims_usrloc_scscf/ims_usrloc_scscf_mod.c:114",
  },
  {
    module: "ims_usrloc_scscf",
    parameter: "subs_hash_size",
    slots: "power",
    fallback: 9,
    slot: same(48),
    source: "hslot_sp_t, src/modules/ims_usrloc_scscf/ims_usrloc_scscf_mod.c:113",
  },
  {
    module: "ims_usrloc_pcscf",
    parameter: "hash_size",
    slots: "power",
    fallback: 9,
    slot: same(48),
    source: "hslot_t, src/modules/ims_usrloc_pcscf/ims_usrloc_pcscf_mod.c:91",
  },
  {
    module: "ims_dialog",
    parameter: "hash_size",
    slots: "count_power",
    fallback: 4096,
    slot: same(40),
    source: "src/modules/ims_dialog/ims_dialog.c:44",
  },
  {
    module: "ims_charging",
    parameter: "hash_size",
    slots: "count_power",
    fallback: 4096,
    slot: same(40),
    source: "src/modules/ims_charging/ims_charging_mod.c:40",
  },
  {
    module: "nat_traversal",
    parameter: null,
    slots: "count",
    fallback: 512,
    slot: same(16),
    source: "src/modules/nat_traversal/nat_traversal.c:334@5.6.3",
  },
];
