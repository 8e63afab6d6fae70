import { expect, test } from "vitest";
import { countsStored, populationCounters } from "../../../src/kamailio/knowledge/load-counters.js";

test.each([
  ["tm.stats current (also tmx:inuse_transactions)", ["current_transactions"]],
  ["branches of tm.stats current", []],
  ["tm.stats total_local (rate) x lifetime", []],
  ["dlg.stats_active (all) or dialog:active_dialogs + early_dialogs", ["all_dialogs"]],
  ["tls.info opened_connections", ["tls_current_connections"]],
  ["websocket:ws_current_connections or ws.dump", ["ws_current_connections"]],
  ["core.tcp_info opened_connections", ["tcp_current_connections"]],
  ["", []],
])("the words %j of the catalogue of sites name %j", (words, names) => {
  expect(populationCounters(words)).toEqual(names);
});

test.each([
  ["location_contacts", true],
  ["registered_users", true],
  ["current_transactions", false],
  ["location_expires", false],
])("%s counts what is stored: %j", (name, stored) => {
  expect(countsStored(name)).toBe(stored);
});
