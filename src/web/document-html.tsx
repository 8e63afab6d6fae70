/** Prints a document as one HTML page that can be printed: escaped by the renderer, styled by the sheet inside, nothing fetched from outside. */
import { raw } from "hono/html";
import type { Block, Document, Inline } from "./document.js";

const SHEET = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-top: 1px solid #8886; padding-top: 1rem; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid #8888; border-radius: .3rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #8888; padding: .25rem .5rem; text-align: left; vertical-align: top; }
@media print {
  body { max-width: none; margin: 0; font-size: 10pt; color: #000; background: #fff; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  h2, h3 { break-after: avoid; } pre, tr, li { break-inside: avoid; }
}
`;

/** @param title of the window */
export function toHtml(document: Document, title: string): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style>{raw(SHEET)}</style>
      </head>
      <body>
        <main>
          {document.map((block) => (
            <HtmlBlock block={block} />
          ))}
        </main>
      </body>
    </html>
  );
  return `<!doctype html>\n${String(page)}\n`;
}

function HtmlBlock({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading": {
      const text = <Line text={block.text} />;
      return block.level === 1 ? <h1>{text}</h1> : block.level === 2 ? <h2>{text}</h2> : <h3>{text}</h3>;
    }
    case "paragraph":
      return (
        <p>
          <Line text={block.text} />
        </p>
      );
    case "list":
      return (
        <ul>
          {block.items.map((item) => (
            <li>
              <Line text={item} />
            </li>
          ))}
        </ul>
      );
    case "code":
      return (
        <pre>
          <code>{printable(block.text)}</code>
        </pre>
      );
    case "table":
      return (
        <table>
          <thead>
            <tr>
              {block.head.map((cell) => (
                <th scope="col">{cell}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((row) => (
              <tr>
                {row.map((cell) => (
                  <td>
                    <Line text={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
  }
}

function Line({ text }: { text: Inline }) {
  const parts = typeof text === "string" ? [text] : text;
  return <>{parts.map((part) => (typeof part === "string" ? printable(part) : <code>{printable(part.code)}</code>))}</>;
}

/** Control characters have no place in HTML (the parser replaces or refuses them). */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
