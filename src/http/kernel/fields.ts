/** The fields that every resource has on the wire: names, ids, times, sizes. */
import { z } from "@hono/zod-openapi";

/** Path parameter `{instance}`: the caller's own name for a server. */
export const InstanceName = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/,
    "a name has lower-case letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit",
  )
  .openapi("InstanceName", { description: "The caller's own name for a Kamailio server", example: "sip1" });

export const InstanceParams = z.object({ instance: InstanceName.openapi({ param: { name: "instance", in: "path" } }) });

/** Id of a recorded thing. */
export const Id = z.string().min(1).max(64).openapi("Id", { example: "019aaf1e-0b7e-7d0c-8f0a-3f2b8f0f5a11" });

export const InstanceAndIdParams = InstanceParams.extend({ id: Id.openapi({ param: { name: "id", in: "path" } }) });

/** A time on the wire. */
export const Timestamp = z.iso
  .datetime()
  .openapi("Timestamp", { description: "RFC 3339, UTC", example: "2026-11-23T08:15:30.000Z" });

/** What the service says in words, in one field. */
export const Sentence = z.string().max(8000);

/** How many of something. */
export const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A byte count that JavaScript and every client can hold. */
export const Bytes = z
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .openapi("Bytes", { description: "Bytes", example: 67108864 });

/** A union, not `Bytes.nullable()`: a reference beside which null is asked for admits no null. */
export const BytesOrNull = z.union([Bytes, z.null()]);

/** A size in MB of 1,048,576 bytes, as `-m` and `-M` count; the bound is that of `-m` (16 TB). */
export const SizeMb = z
  .number()
  .int()
  .min(0)
  .max(16_777_216)
  .openapi("SizeMb", { description: "MB of 1,048,576 bytes, as -m and -M count", example: 64 });
