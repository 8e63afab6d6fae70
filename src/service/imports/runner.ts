/**
 * Runs imports beside the requests: a few at a time, the others wait. One that the service's stop interrupted goes on at its next start; if it
 * came with credentials, which are kept in memory alone, it asks for them again.
 */
import type { Logger } from "pino";
import { ImportFailure } from "./import-failure.js";
import type { ImportRequest, ImportState, KeptProblem, UsageImport } from "./import-state.js";
import { type ImportTools, Interrupted, runImport } from "./run-import.js";

export interface ImportRunner {
  /** Starts an import that has just been queued. */
  start(stored: UsageImport, headers: Record<string, string>): void;
  /** Lets go of an import that is kept as cancelled. */
  cancel(id: string): void;
  /** Goes on with what an earlier run of the service left. */
  resume(): Promise<void>;
  /** Imports under way stop where they are. */
  stop(): Promise<void>;
}

/** Imports at the same time, so that one large one does not hold up a small one, and both leave room for requests. */
const AT_ONCE = 2;

const NEEDS_CREDENTIALS: KeptProblem = {
  status: 422,
  code: "needs_credentials",
  detail: "The service was started again, and the credentials of this import were in memory alone.",
  hint: "POST the same import again with its headers (and without the old Idempotency-Key): it goes on where it stopped.",
};

const INTERNAL: KeptProblem = {
  status: 500,
  code: "internal_error",
  detail: "The service failed on this import; its log has the details under the import's id.",
  hint: "POST the same import again: it goes on where it stopped.",
};

export function createImportRunner(tools: ImportTools & { log: Logger }): ImportRunner {
  const { store, log, now } = tools;
  const waiting: { stored: UsageImport; headers: Record<string, string> }[] = [];
  const running = new Map<string, { given_up: AbortController; ended: Promise<void> }>();
  let stopping = false;

  function startNext(): void {
    if (stopping || running.size >= AT_ONCE) return;
    const index = waiting.findIndex(({ stored }) => !running.has(stored.id));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    if (next === undefined) return;
    const { stored, headers } = next;
    const given_up = new AbortController();
    const ended = run(stored, headers, given_up.signal).finally(() => {
      running.delete(stored.id);
      startNext();
    });
    running.set(stored.id, { given_up, ended });
    startNext();
  }

  async function run(stored: UsageImport, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
    try {
      await runImport(tools, stored, headers, signal);
      log.info({ import: stored.id }, "import done");
    } catch (error) {
      if (error instanceof Interrupted) return;
      if (error instanceof ImportFailure) log.info({ import: stored.id, code: error.problem.code }, "import failed");
      else log.error({ err: error, import: stored.id }, "import failed");
      const problem = error instanceof ImportFailure ? error.problem : INTERNAL;
      await fail(stored, problem, error instanceof ImportFailure ? error.targets : []).catch((cause: unknown) =>
        log.error({ err: cause, import: stored.id }, "the end of an import could not be written down"),
      );
    }
  }

  async function fail(stored: UsageImport, error: KeptProblem, targets: ImportState["targets"]): Promise<void> {
    const kept = await store.imports.get<ImportRequest, ImportState>(stored.instance, stored.id);
    if (kept === null) return;
    const state: ImportState = { ...kept.state, error, targets: targets.length > 0 ? targets : kept.state.targets };
    await store.imports.update(stored.id, { status: "failed", state }, now());
  }

  return {
    start(stored, headers) {
      // One that has just failed may still be on its way out: it waits for itself.
      if (waiting.some((other) => other.stored.id === stored.id)) return;
      waiting.push({ stored, headers });
      startNext();
    },
    cancel(id) {
      const index = waiting.findIndex(({ stored }) => stored.id === id);
      if (index >= 0) waiting.splice(index, 1);
      running.get(id)?.given_up.abort();
    },
    async resume() {
      for (const stored of await store.imports.unfinished<ImportRequest, ImportState>()) {
        if (stored.with_credentials) await fail(stored, NEEDS_CREDENTIALS, []);
        else this.start(stored, {});
      }
    },
    async stop() {
      stopping = true;
      for (const { given_up } of running.values()) given_up.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
