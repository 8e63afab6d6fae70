/** The commands that need the service or its database: `serve`, `token`, `backup`, `restore`, `openapi`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import { CONFIG_NAMES, readConfig } from "../config.js";
import { DAY, timestamp } from "../kamailio/units.js";
import type { Binding, Scope } from "../store/tokens.js";

/** @param version the package's */
export function addServiceCommands(program: Command, version: string): void {
  const serve = program.command("serve").description("Start the HTTP service");
  for (const name of CONFIG_NAMES) serve.option(`${flagOf(name)} <value>`, `environment variable ${name}`);
  serve.action(async (flags: Record<string, string>) => {
    const config = readConfig({ ...process.env, ...fromFlags(flags) });
    const log = pino(
      { level: config.log_level, redact: ["req.headers.authorization"] },
      pino.destination({ dest: 2, sync: false }),
    );
    const { startServer } = await import("../http/server.js");
    const server = await startServer(config, log, version);
    say(`Kamailio Assistant ${version} is ready on ${server.url}`);
    let stopping = false;
    const stop = async (signal: string) => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, "stopping");
      await server.stop();
      log.flush();
      process.exit(0);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });

  const databaseOption = () => new Option("--database-url <url>", "environment variable DATABASE_URL");

  const token = program.command("token").description("Manage bearer tokens");
  token
    .command("create")
    .description("Make a token; its secret is printed once, on standard output")
    .requiredOption("--scope <scope...>", "read, ingest, write, admin")
    .option("--name <name>", "what it is for", "made on the command line")
    .option("--instance <name...>", "bind it to these instances: it sees and writes no others")
    .option("--label <name:value...>", "bind it to the instances that have all these labels")
    .option("--expires-in-days <days>", "when it expires; never by default", positiveInteger)
    .addOption(databaseOption())
    .action(async (options: TokenOptions) => {
      const { SCOPES } = await import("../store/tokens.js");
      const scopes = options.scope.flatMap((text) => text.split(",")).map((text) => SCOPES.find((scope) => scope === text));
      if (scopes.some((scope) => scope === undefined)) program.error(`a scope is one of ${SCOPES.join(", ")}`);
      const binding = bindingOf(options);
      if (binding !== null && scopes.includes("admin")) program.error("an admin token cannot be bound to instances");
      await withStore(options.databaseUrl, async (store) => {
        const now = Date.now();
        const expires_at = options.expiresInDays === undefined ? null : now + options.expiresInDays * DAY;
        const made = await store.tokens.create({ name: options.name, scopes: scopes as Scope[], binding, expires_at }, now);
        process.stderr.write(`token ${made.id} with ${made.scopes.join(", ")}; keep the secret, it is not shown again:\n`);
        say(made.secret);
      });
    });
  token
    .command("list")
    .description("Show the tokens, without their secrets")
    .addOption(databaseOption())
    .action((options: { databaseUrl?: string }) =>
      withStore(options.databaseUrl, async (store) => {
        for (const { id, name, scopes, expires_at, revoked_at } of await store.tokens.list({ after: null, limit: 1000 }))
          say(
            [
              id,
              scopes.join(","),
              revoked_at === null ? (expires_at === null ? "never expires" : `expires ${timestamp(expires_at)}`) : "revoked",
              name,
            ].join("\t"),
          );
      }),
    );
  token
    .command("revoke <id>")
    .description("Refuse a token from now on")
    .addOption(databaseOption())
    .action((id: string, options: { databaseUrl?: string }) =>
      withStore(options.databaseUrl, async (store) => {
        if ((await store.tokens.revoke(id, Date.now())) === null) program.error(`there is no token ${id}`);
      }),
    );

  program
    .command("backup <file>")
    .description("Copy the database into a file, checked and whole, while the service runs")
    .addOption(databaseOption())
    .action(async (file: string, options: { databaseUrl?: string }) => {
      const { backupDatabase } = await import("../store/sqlite/copy.js");
      backupDatabase(databaseOf(options.databaseUrl), file);
    });

  program
    .command("restore <file>")
    .description("Put a copy in the place of the database; the service must not run, and what is replaced is kept beside it")
    .addOption(databaseOption())
    .action(async (file: string, options: { databaseUrl?: string }) => {
      const { restoreDatabase } = await import("../store/sqlite/copy.js");
      const database = databaseOf(options.databaseUrl);
      const kept = restoreDatabase(file, database, Date.now());
      process.stderr.write(`${database} is what ${file} holds now\n`);
      for (const name of kept) process.stderr.write(`kept what was there: ${name}\n`);
    });

  program
    .command("openapi")
    .description("Print the OpenAPI document")
    .action(async () => {
      const { createApp } = await import("../http/app.js");
      const { openApiDocument } = await import("../http/system/openapi.js");
      const { openStore } = await import("../store/store.js");
      const { createServices } = await import("../service/services.js");
      const store = openStore(":memory:");
      const services = createServices({ store, log: pino({ level: "silent" }), now: () => 0, auth: "token" });
      const app = createApp({ ...services, version, isStopping: () => false });
      say(JSON.stringify(openApiDocument(app, version), null, 2));
      await store.close();
    });
}

interface TokenOptions {
  scope: string[];
  name: string;
  instance?: string[];
  label?: string[];
  expiresInDays?: number;
  databaseUrl?: string;
}

function bindingOf({ instance: instances = [], label = [] }: TokenOptions): Binding | null {
  const labels = Object.fromEntries(label.map((text) => [text.split(":", 1)[0] ?? "", text.slice(text.indexOf(":") + 1)]));
  return instances.length + label.length === 0 ? null : { instances, labels };
}

async function withStore(url: string | undefined, work: (store: import("../store/store.js").Store) => Promise<void>) {
  const { openStore } = await import("../store/store.js");
  const store = openStore(databaseOf(url));
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** The database that a command works on: as the flag says, else as the service's own configuration. */
function databaseOf(url: string | undefined): string {
  return url ?? readConfig({ ...process.env, AUTH: undefined, HOST: undefined }).database_url;
}

function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}

function fromFlags(flags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [flag.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(), value]),
  );
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1");
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
