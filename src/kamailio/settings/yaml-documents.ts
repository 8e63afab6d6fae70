/** The documents of a YAML text that somebody posted, whatever it is: the one place that hands texts to the library. */
import { type Document, parseAllDocuments } from "yaml";

/** A YAML text longer than this is no compose file, manifest or file of values. */
const MAX_YAML = 1_000_000;
/** More documents than this no manifest has. */
const MAX_DOCUMENTS = 100;

/**
 * The documents, those with errors too; none when the text is too long. Tabs are no indentation in YAML, but a paste from a terminal may have them.
 *
 * yaml 2 follows nesting by recursion without a bound, in its parser and in its composer, and a log whose lines are indented deeper and deeper
 * (`a:` under `a:`) nests once a line: it ends with a RangeError, which no option turns into an error of the document.
 */
export function yamlDocuments(text: string): readonly Document.Parsed[] {
  if (text.length > MAX_YAML) return [];
  try {
    const documents = parseAllDocuments(text.replaceAll("\t", "  "), { logLevel: "silent", uniqueKeys: false });
    return Array.isArray(documents) ? documents.slice(0, MAX_DOCUMENTS) : [];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
