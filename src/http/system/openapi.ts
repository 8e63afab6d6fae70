/** The OpenAPI 3.1 document, assembled from the declared operations. */
import type { OpenAPIObject, TagObject } from "openapi3-ts/oas31";
import type { Api } from "../kernel/operation.js";

const TAGS: TagObject[] = [
  { name: "Instances", description: "The Kamailio servers that are looked after, under the caller's own names." },
  { name: "Builds", description: "What `kamailio -I`, `-V` and `core.info` say about the binary." },
  { name: "Settings", description: "What an instance is started and configured with." },
  {
    name: "Judgements",
    description: "Answers with their reasons: readiness, sizing, diagnosis, config review, build plan, report.",
  },
  { name: "Usage", description: "The history of the memory counters." },
  { name: "Dumps and logs", description: "Memory dumps, logs and the incidents that they prove; the host's memory." },
  { name: "Runbooks", description: "Step by step through an incident, for one instance." },
  { name: "Analyses", description: "The same readers and judgements with nothing stored." },
  { name: "Tokens", description: "Who may call." },
  { name: "Service", description: "The service's own health." },
];

const DESCRIPTION = `Looks after the memory of Kamailio SIP servers.

Post what a command printed, as it was printed (\`kamailio -I | curl --data-binary @- …/builds\`), and ask for a judgement. Sizes are bytes unless
a name ends in \`_mb\` (1 MB = 1,048,576 bytes, as \`-m\` counts). Times are RFC 3339 in UTC. Every error is a problem document (RFC 9457) with a
stable \`code\` and a \`hint\`. Text bodies can have any \`text/*\` type or none; \`Content-Encoding: gzip\` is read everywhere. POSTs take an
\`Idempotency-Key\`. Every answer carries \`X-Request-Id\`.`;

/** Ready to be written to `openapi/openapi.json`: stable order, only the tags that are in use. */
export function openApiDocument(api: Api, version: string): OpenAPIObject {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A token made by `kamailio-assistant token create`. With AUTH=none (loopback only) none is asked for.",
  });
  const document = api.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: {
        title: "Kamailio Assistant",
        version,
        description: DESCRIPTION,
        license: { name: "GPL-2.0-or-later", url: "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html" },
        contact: { name: "Kamailio Assistant", url: "https://www.kamailio.org/" },
      },
      servers: [{ url: "/", description: "This service" }],
    },
    { sortComponents: "alphabetically" },
  );
  const used = new Set(
    Object.values(document.paths ?? {}).flatMap((path) =>
      Object.values(path).flatMap((item) => (item as { tags?: string[] }).tags ?? []),
    ),
  );
  return { ...document, tags: TAGS.filter(({ name }) => used.has(name)) };
}
