/**
 * The table of process descriptions: what each release calls its processes and which class they belong to.
 *
 * Made from the `register_*`/`fork_*` call sites of every release tag 3.3.5 to 6.1.4 and master. Descriptions that are free text
 * (ptimer's names, erlang's nodes) are not in it.
 */
import { createRequire } from "node:module";
import { z } from "zod";

/** Classes that a description proves. `sip_worker` and `timer` are what a rank alone can say: the protocol or the owner stays open. */
export const PROCESS_CLASSES = [
  "main",
  "sip_worker_udp",
  "sip_worker_tcp",
  "sip_worker_sctp",
  "sip_worker",
  "tcp_main",
  "timer_core",
  "timer_module",
  "timer",
  "async_worker",
  "rpc",
  "module_worker",
  "unknown",
] as const;

export type ProcessClass = (typeof PROCESS_CLASSES)[number];

export const processClassesSchema = z.strictObject({
  /** Class -> what its pkg holds. */
  classes: z.record(z.string(), z.string()),
  processes: z.array(
    z.strictObject({
      /** The description up to its first variable part. */
      starts_with: z.string().min(1),
      /** The description has no variable part. */
      exact: z.boolean(),
      class: z.enum(PROCESS_CLASSES),
      module: z.string(),
      since: z.string(),
      until: z.string().nullable(),
      source: z.string(),
    }),
  ),
});

export const PROCESS_TABLE = createRequire(import.meta.url)("./process-classes.json") as z.infer<typeof processClassesSchema>;
