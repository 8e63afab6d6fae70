/** What all judgements answer with: JSON, Markdown or plain text; and 422 instead of 200 when `fail=true` and it is not ok. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Document, toMarkdown, toPlainText } from "../../web/document.js";
import type { ApiEnv } from "./env.js";
import { FormatQuery, MEDIA_TYPES, preferredFormat } from "./negotiate.js";

/** Query parameters of every judgement. */
export const JudgementQuery = {
  format: FormatQuery,
  fail: z
    .enum(["true", "false"])
    .optional()
    .openapi({
      param: {
        name: "fail",
        in: "query",
        description: "true: answer 422 with the same body when the judgement is not ok, so that curl -f can gate a deploy",
      },
      example: "true",
    }),
};

/** Where each rule comes from, in text and Markdown; JSON always has it. */
export const SourcesQuery = z
  .enum(["true", "false"])
  .optional()
  .openapi({
    param: { name: "sources", in: "query", description: "true: name the source of each rule in text and Markdown too" },
    example: "true",
  });

/** The responses of a judgement in all its formats. */
export function judgementResponses<Schema extends z.ZodType>(schema: Schema, description: string) {
  const content = {
    "application/json": { schema },
    "text/markdown": { schema: z.string().max(10_000_000) },
    "text/plain": { schema: z.string().max(10_000_000) },
  };
  return { 200: { description, content }, 422: { description: "The same, with `fail=true`, when it is not ok", content } };
}

/** The one response of a list or a record that comes as tables too. */
export function tableResponse<Schema extends z.ZodType>(schema: Schema, description: string) {
  const { 200: response } = judgementResponses(schema, description);
  return { 200: response };
}

/** Answers data in the format that is wanted; `document` makes its tables. */
export function tableAnswer<Body extends object>(
  c: Context<ApiEnv>,
  asked: "json" | "markdown" | "text" | undefined,
  body: Body,
  document: () => Document,
) {
  const format = preferredFormat(c, ["json", "markdown", "text"], asked);
  c.header("Vary", "Accept");
  if (format === "json") return c.json(body, 200);
  return c.text(printed(format, document()), 200, { "Content-Type": `${MEDIA_TYPES[format]}; charset=utf-8` });
}

function printed(format: "markdown" | "text", document: Document): string {
  return format === "markdown" ? toMarkdown(document) : toPlainText(document);
}

/** Answers a judgement in the format that is wanted. */
export function judgementAnswer<Judgement extends { ok: boolean }>(
  c: Context<ApiEnv>,
  query: { format?: "json" | "markdown" | "text" | undefined; fail?: "true" | "false" | undefined },
  judgement: Judgement,
  document: () => Document,
) {
  const format = preferredFormat(c, ["json", "markdown", "text"], query.format);
  const status = query.fail === "true" && !judgement.ok ? 422 : 200;
  c.header("Vary", "Accept");
  if (format === "json") return c.json(judgement, status);
  return c.text(printed(format, document()), status, { "Content-Type": `${MEDIA_TYPES[format]}; charset=utf-8` });
}
