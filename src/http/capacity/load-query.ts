/** Query parameters that ask about a load: the same for capacity and sizing. */
import { z } from "@hono/zod-openapi";
import type { ExpectedLoad } from "../../analysis/capacity/load.js";

const Expected = (description: string, name: string, most = 1_000_000_000) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(most)
    .optional()
    .openapi({ param: { name, in: "query", description } });

export const LoadQuery = {
  contacts: Expected("Registered contacts, in all", "contacts"),
  calls: Expected("Concurrent calls (dialogs), in all", "calls"),
  transactions: Expected("Transactions at one moment, in all", "transactions"),
  tcp_connections: Expected("TCP connections, in all, beside those of TLS", "tcp_connections"),
  tls_connections: Expected("TLS connections, in all", "tls_connections"),
  processes: Expected("Processes, instead of those that run", "processes", 100_000),
  load_factor: z.coerce
    .number()
    .min(0)
    .max(1000)
    .optional()
    .openapi({
      param: { name: "load_factor", in: "query", description: "Multiplies the recorded peaks; what is given explicitly wins" },
      example: 1.5,
    }),
};

const QuerySchema = z.object(LoadQuery);

/** The load as the judgements take it. */
export function expectedLoad(query: z.output<typeof QuerySchema>): ExpectedLoad {
  return {
    contacts: query.contacts ?? null,
    calls: query.calls ?? null,
    transactions: query.transactions ?? null,
    tcp_connections: query.tcp_connections ?? null,
    tls_connections: query.tls_connections ?? null,
    processes: query.processes ?? null,
    load_factor: query.load_factor ?? null,
  };
}
