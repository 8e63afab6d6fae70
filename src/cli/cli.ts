#!/usr/bin/env node
/**
 * The command line: analyses texts, starts the service, makes tokens, writes the OpenAPI document, backs up.
 *
 * `analyze` takes a fraction of a second, so it does not wait for what only the service needs.
 */
import { existsSync, readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { AnalyzeOptions } from "./analyze.js";

/** In the package's folder: this file lies in `src/cli/`, or with all others in the bundle `dist/`. */
const PACKAGE = ["../", "../../"].map((up) => new URL(`${up}package.json`, import.meta.url)).find((file) => existsSync(file));
const VERSION = PACKAGE === undefined ? "0.0.0" : (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
const FORMATS: readonly AnalyzeOptions["format"][] = ["text", "markdown", "json"];
/** The exit code of a command that is used wrongly, as the shell's own tools have it. */
const USAGE = 2;

const program = new Command("kamailio-assistant")
  .description("Looks after the memory of Kamailio SIP servers.")
  .version(VERSION)
  .showHelpAfterError();

program
  .command("analyze")
  .description("Read any texts of one server and say what they mean; nothing is stored")
  .argument(
    "[file...]",
    "logs, memory dumps, what Kamailio's commands print, kamailio.cfg; oldest first; gz too; - or none: standard input",
  )
  .addOption(new Option("--format <format>", "how the answer is written").choices(FORMATS).default("text"))
  .option("--timezone <zone>", "zone of local times in counters (an IANA name or +hh:mm); UTC without it")
  .addHelpText(
    "after",
    "\nExit code: 0 when something was read and all is well, 1 when nothing was recognised, 2 when it is used wrongly or a file cannot be\nread, 3 when a judgement is not ok.",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  .action(async (files: string[], options: AnalyzeOptions) => {
    const { analyze } = await import("./analyze.js");
    process.exitCode = await analyze(files, options);
  });

if (process.argv[2] !== "analyze") {
  const { addServiceCommands } = await import("./service-commands.js");
  addServiceCommands(program, VERSION);
}

try {
  await program.parseAsync();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isConfiguration = error instanceof Error && error.name === "ConfigError";
  console.error(isConfiguration ? `The configuration does not fit:\n${message}` : message);
  process.exit(1);
}
