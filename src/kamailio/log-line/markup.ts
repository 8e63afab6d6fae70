/** Text that was copied out of a web page's source, a ticket or a mail with its markup: `<pre>`, `<br/>`, `&lt;core&gt;`. */

/** What shows that a text carries markup. Kamailio's own `<core>` and `<script>` are none. */
const MARKUP = /<\/?(?:pre|code|p|br|div|td|tr|table|li|html|body)\b[^>\n]{0,200}>|&(?:lt|gt|amp|quot|#39|nbsp);/i;
const BREAK = /<br ?\/?>|<\/(?:p|div|tr|li)>/gi;
const TAGS =
  /<\/?(?:pre|code|p|div|span|b|i|em|strong|font|td|tr|th|tbody|table|ul|li|html|body|samp|tt|blockquote)\b[^>\n]{0,200}>/gi;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", nbsp: " ", apos: "'" };
const ENTITY = /&(lt|gt|amp|quot|#39|nbsp|apos);/g;

/** Does the text carry markup around log lines? */
export const hasMarkup = (text: string): boolean => MARKUP.test(text);

/** The line without its markup. A `<br>` inside it becomes a line break; one at its end goes. */
export function withoutMarkup(line: string): string {
  if (!line.includes("<") && !line.includes("&")) return line;
  return line
    .replace(/(?:<br ?\/?>|<\/(?:p|div|tr|li)>)\s{0,8}$/i, "")
    .replace(BREAK, "\n")
    .replace(TAGS, "")
    .replace(ENTITY, (_whole, name: string) => ENTITIES[name] ?? "");
}
