/** The dump of the shared pool on request: what prints it under each manager, and when nothing can. */
import { expect, test } from "vitest";
import { checkOf, judgeRelease, NO_DEBUG, STOCK_MODULES } from "../../support/readiness.js";

const WITH = { modules: STOCK_MODULES, memlog: 5, debug: 2 };

test("q_malloc prints its list at once, whatever memlog says", () => {
  const check = checkOf(judgeRelease("5.6.3", { ...WITH, shm_manager: "qm" }), "shm_dump");
  expect(check).toMatchObject({ status: "pass", fix: { commands: ["kamcmd cfg.set_now_int core mem_dump_shm 1"] } });
});

test("tlsf lists no chunks: corex prints the sums, behind memlog, which is put back", () => {
  const check = checkOf(judgeRelease("5.6.3", { ...WITH, shm_manager: "tlsf" }), "shm_dump");
  expect(check.fix).toMatchObject({
    action: "runtime",
    commands: ["kamcmd cfg.set_now_int core memlog 2", "kamcmd corex.shm_summary"],
    undo: ["kamcmd cfg.set_now_int core memlog 5"],
  });
});

test("tlsf without debugging has neither a list nor sums", () => {
  const check = checkOf(judgeRelease("5.6.3", { ...WITH, shm_manager: "tlsf" }, { memory: NO_DEBUG }), "shm_dump");
  expect(check).toMatchObject({ status: "fail", fix: { action: "none" } });
});

test("without an RPC and with memlog above debug no way is open until a restart", () => {
  const check = checkOf(judgeRelease("5.6.3", { modules: ["tm"], memlog: 5, debug: 2 }), "shm_dump");
  expect(check).toMatchObject({ status: "fail", fix: { action: "restart" } });
});
