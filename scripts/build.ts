/**
 * Bundles the service and the command line into `dist/`: one entry, split at dynamic imports, so that `analyze` loads none of the service.
 *
 * What stays outside the bundle: better-sqlite3 and pg carry native code or are loaded only where they are used, swagger-ui-dist is served as files.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const KNOWLEDGE = `${root}src/kamailio/knowledge/`;

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/cli.ts"],
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  outdir: "dist",
  sourcemap: true,
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
  external: ["better-sqlite3", "swagger-ui-dist", "pg"],
  // Packages of the CommonJS kind call `require`, which a module does not have.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
  },
});
// The tables are read as JSON when they are asked for, from beside the bundle.
for (const name of readdirSync(KNOWLEDGE)) if (name.endsWith(".json")) cpSync(KNOWLEDGE + name, `${root}dist/${name}`);
