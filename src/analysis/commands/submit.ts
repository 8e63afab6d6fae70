/** The curl that records what a command prints at this very service. */
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { isRemark } from "./words.js";

/** How the service is reached: its address without a path (`url`, or the words of a shell in its place), and whether it asks for a token. */
export interface Service {
  /** The address of the instance as it stands in a command, without a slash at its end: a quoted URL, or a variable. */
  instance_url: string;
  auth: "none" | "token";
}

export function serviceOf(url: string, instance: string, auth: Service["auth"]): Service {
  return { instance_url: `${url}/v1/instances/${instance}`, auth };
}

/** A path of the instance as one word. */
export function address({ instance_url }: Service, path: string): string {
  return instance_url.startsWith('"') ? `${instance_url}/${path}` : quoteShellWord(`${instance_url}/${path}`);
}

export function curl({ auth }: Service, options: string): string {
  return `curl -sS${auth === "token" ? ' -H "Authorization: Bearer $KAMAILIO_ASSISTANT_TOKEN"' : ""} ${options}`;
}

/**
 * Pipes what commands print to an endpoint of the instance; `null` where there is nothing to run. Each answer comes under its command: a list of
 * words, or sums by site, say not what they are of.
 */
export function submit(service: Service, path: string, ...lines: string[]): string | null {
  const commands = lines.filter((line) => !isRemark(line));
  if (commands.length === 0) return null;
  const source = `{ ${commands.map((line) => `echo ${quoteShellWord(`# ${line}`)}; ${line}`).join("; ")}; }`;
  return `${source} | ${curl(service, `--data-binary @- ${address(service, path)}`)}`;
}

/** The same for one text that says itself what it is, and can be large: a log, a file. */
export function submitLarge(service: Service, path: string, line: string): string {
  return `${line} | gzip | ${curl(service, `-H 'Content-Encoding: gzip' --data-binary @- ${address(service, path)}`)}`;
}

/** One text that says itself what it is. */
export function submitPlain(service: Service, path: string, line: string): string | null {
  return isRemark(line) ? null : `${line} | ${curl(service, `--data-binary @- ${address(service, path)}`)}`;
}
