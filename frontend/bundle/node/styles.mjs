// Sass to one compressed stylesheet, without the NHS selectors that no screen uses.
// node styles.mjs <main.scss> <out.css> <file with every word that the screens contain>
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";
import { compile } from "sass";

const [source, target, words] = process.argv.slice(2);
const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const full = compile(source, {
  style: "compressed",
  loadPaths: [`${modules}nhsuk-frontend/dist`],
  quietDeps: true,
}).css;
const [purged] = await new PurgeCSS().purge({
  css: [{ raw: full }],
  content: [{ raw: await readFile(words, "utf8"), extension: "txt" }],
  defaultExtractor: (text) => text.split("\n"),
  // Our own names may be put together at run time; plain elements and their states are always there.
  safelist: { standard: [/^(?!nhsuk-)/], greedy: [/^ncrs-/] },
  variables: true,
});
await writeFile(target, purged.css.replace("\uFEFF", ""));
