/** Errors as RFC 9457 problem details: what went wrong, a stable code for programs, and a hint for what to do next. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { MAX_NESTING } from "../../kamailio/nesting.js";
import type { ApiEnv } from "./env.js";

/** The status codes that problems use. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 412 | 413 | 415 | 421 | 422 | 429 | 500 | 503;

const TITLES: Record<ProblemStatus, string> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Request timeout",
  409: "Conflict",
  412: "Precondition failed",
  413: "Content too large",
  415: "Unsupported media type",
  421: "Misdirected request",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal error",
  503: "Service unavailable",
};

/** The longest texts of a problem, in characters. What callers sent is quoted in them, and may be of any length. */
const MAX_TEXT = 4000;
const MAX_MESSAGE = 2000;
const MAX_POINTER = 1000;
const MAX_PARAMETER = 100;
const MAX_ERRORS = 100;

export const ProblemErrorItem = z
  .object({
    pointer: z
      .string()
      .max(MAX_POINTER)
      .optional()
      .openapi({ description: "JSON Pointer into the body", example: "/labels/role" }),
    parameter: z
      .string()
      .max(MAX_PARAMETER)
      .optional()
      .openapi({ description: "Name of the query, path or header parameter", example: "limit" }),
    message: z.string().max(MAX_MESSAGE).openapi({ example: "expected string, received number" }),
  })
  .openapi("ProblemErrorItem");

export const Problem = z
  .object({
    type: z
      .string()
      .max(200)
      .openapi({ description: "URI reference that names the kind of problem", example: "/docs/problems#instance_not_found" }),
    title: z.string().max(200).openapi({ example: "Not found" }),
    status: z.number().int().min(400).max(599).openapi({ example: 404 }),
    detail: z.string().max(MAX_TEXT).openapi({ example: 'There is no instance "sip1".' }),
    code: z.string().max(100).openapi({ description: "Stable, for programs", example: "instance_not_found" }),
    hint: z
      .string()
      .max(MAX_TEXT)
      .nullable()
      .openapi({ description: "What to do next", example: "curl -X PUT http://localhost:8080/v1/instances/sip1" }),
    errors: z.array(ProblemErrorItem).max(MAX_ERRORS),
    request_id: z.string().max(200).openapi({ example: "01988f5c-6a5e-7c3f-9a54-0d9f0c0a7b11" }),
  })
  .openapi("Problem");

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function clippedItem({ pointer, parameter, message }: z.infer<typeof ProblemErrorItem>): z.infer<typeof ProblemErrorItem> {
  return {
    ...(pointer === undefined ? {} : { pointer: clipped(pointer, MAX_POINTER) }),
    ...(parameter === undefined ? {} : { parameter: clipped(parameter, MAX_PARAMETER) }),
    message: clipped(message, MAX_MESSAGE),
  };
}

export interface ProblemInit {
  detail: string;
  hint?: string | null;
  errors?: z.infer<typeof ProblemErrorItem>[];
  headers?: Record<string, string>;
  /** The reason for the log; never shown to the caller. */
  cause?: unknown;
}

/** Thrown anywhere below a handler; rendered once, in `app.ts`. */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly hint: string | null;
  readonly errors: z.infer<typeof ProblemErrorItem>[];
  readonly headers: Record<string, string>;

  constructor(
    readonly status: ProblemStatus,
    readonly code: string,
    init: ProblemInit,
  ) {
    super(init.detail, { cause: init.cause });
    this.hint = init.hint ?? null;
    this.errors = init.errors ?? [];
    this.headers = init.headers ?? {};
  }

  /** As it is on the wire. */
  toProblem(requestId: string): z.infer<typeof Problem> {
    return {
      type: `/docs/problems#${this.code}`,
      title: TITLES[this.status],
      status: this.status,
      detail: clipped(this.message, MAX_TEXT),
      code: this.code,
      hint: this.hint === null ? null : clipped(this.hint, MAX_TEXT),
      errors: this.errors.slice(0, MAX_ERRORS).map(clippedItem),
      request_id: requestId,
    };
  }

  /** The answer, with content type and headers. */
  answer(c: Context<ApiEnv>): Response {
    const body = `${JSON.stringify(this.toProblem(c.get("requestId")))}\n`;
    return c.body(body, this.status, { ...this.headers, "Content-Type": "application/problem+json" });
  }
}

/** The 422 for brackets that nest deeper than any reader follows them. */
export function nestedTooDeep(): ProblemError {
  return new ProblemError(422, "nested_too_deep", {
    detail: `The brackets of this text nest deeper than ${MAX_NESTING} levels: it was not read.`,
    hint: "Send the text or JSON as the command, the container engine or the server printed it: none of them nests so deep.",
  });
}

/** The 400 for a body or parameter that its schema refuses, with a pointer to each fault. */
export function validationProblem(
  error: z.ZodError,
  target: "json" | "query" | "param" | "header" | "cookie" | "form",
): ProblemError {
  const errors = error.issues.slice(0, MAX_ERRORS).map((issue) => {
    const path = issue.path.map(String);
    if (target === "json")
      return {
        pointer: path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
        message: inWords(issue.message),
      };
    return { parameter: path.join("."), message: inWords(issue.message) };
  });
  const first = errors[0];
  const where =
    first === undefined ? "" : ` ${("pointer" in first ? first.pointer : first.parameter) || "the body"}: ${first.message}`;
  const what = target === "json" ? "The body does not fit." : "A parameter does not fit.";
  return new ProblemError(400, target === "json" ? "invalid_body" : "invalid_parameter", {
    detail: `${what}${where}`,
    hint: "See /docs for what this operation takes.",
    errors,
  });
}

/** `undefined` is a word of JavaScript: to the caller, the field is not there. */
function inWords(message: string): string {
  return message.replace(/^Invalid input: (expected .+), received undefined$/, "it is missing ($1)");
}
