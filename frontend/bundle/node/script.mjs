// The JavaScript glue, with its snippets taken in, made small.
// node script.mjs <glue.js> <out.js> [--minify]
import { build } from "esbuild";

const [source, target, minify] = process.argv.slice(2);
await build({
  entryPoints: [source],
  outfile: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  minify: minify === "--minify",
  logLevel: "warning",
});
