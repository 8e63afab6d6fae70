#!/usr/bin/env node
/**
 * The command line: analyses texts, starts the service, makes tokens, writes the OpenAPI document, backs up.
 *
 * `analyze` takes a fraction of a second, so it does not wait for what only the service needs.
 */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { AnalyzeOptions } from "./cli/analyze.js";

const VERSION = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
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
    "\nExit code: 0 when something was read, 1 when nothing was recognised, 2 when it is used wrongly or a file cannot be read.",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  .action(async (files: string[], options: AnalyzeOptions) => {
    const { analyze } = await import("./cli/analyze.js");
    process.exitCode = await analyze(files, options);
  });

if (process.argv[2] !== "analyze") {
  const { addServiceCommands } = await import("./cli/service-commands.js");
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
