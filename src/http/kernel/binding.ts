/** Tokens that are bound to instances: what such a caller may reach. Everything else does not exist for it. */
import type { Context, MiddlewareHandler } from "hono";
import type { Binding } from "../../store/tokens.js";
import type { ApiEnv } from "./env.js";
import { nearNames } from "./near-names.js";
import { ProblemError } from "./problem.js";

/** Named, or having all the labels. */
export function isWithin(binding: Binding | null, name: string, labels: Record<string, string> | null): boolean {
  if (binding === null || binding.instances.includes(name)) return true;
  const wanted = Object.entries(binding.labels);
  return labels !== null && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** May the caller make this instance by sending something in? A token that names it may, so that a collector needs no other. */
export function mayCreate(c: Context<ApiEnv>, name: string): boolean {
  return c.get("caller").binding?.instances.includes(name) === true;
}

/** Lets a bound caller pass to its own instances alone; a foreign one is answered as one that is not there. */
export const withinBinding: MiddlewareHandler<ApiEnv> = async function withinBinding(c, next) {
  const { binding } = c.get("caller");
  const name = c.req.param("instance");
  if (binding !== null && name !== undefined && !binding.instances.includes(name)) {
    const instance = await c.get("services").store.instances.get(name);
    if (!isWithin(binding, name, instance?.labels ?? null)) throw await instanceNotFound(c, name);
  }
  await next();
};

/** Names compared for a hint; more would cost more than a hint is worth. */
const NAMES_COMPARED = 5_000;

/** The 404 that says how to make the instance and which names are near, of those that the caller may know. */
export async function instanceNotFound(c: Context<ApiEnv>, name: string): Promise<ProblemError> {
  const near = nearNames(name, await c.get("services").store.instances.names(NAMES_COMPARED, c.get("caller").binding));
  return new ProblemError(404, "instance_not_found", {
    detail: `There is no instance "${name}".${near.length > 0 ? ` Near names: ${near.join(", ")}.` : ""}`,
    hint: `Make it with: curl -X PUT ${new URL(c.req.url).origin}/v1/instances/${name} (or post with ?create=true)`,
  });
}
