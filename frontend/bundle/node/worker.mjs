// The service worker: its modules bundled into one file, and the list of this build's files put in.
// node worker.mjs <site root> <scratch file> [--minify]
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { injectManifest } from "workbox-build";

const [site, scratch, minify] = process.argv.slice(2);
await build({
  entryPoints: [fileURLToPath(new URL("../worker/service-worker.js", import.meta.url))],
  outfile: scratch,
  bundle: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  minify: minify === "--minify",
  logLevel: "warning",
});
const { count, size, warnings } = await injectManifest({
  swSrc: scratch,
  swDest: `${site}/service-worker.js`,
  globDirectory: site,
  globPatterns: [
    "pkg/*.{js,wasm,css}",
    "shell.html",
    "offline.html",
    "manifest.webmanifest",
    "favicon.svg",
    "icons/icon-192.png",
  ],
  modifyURLPrefix: { "": "/" },
  dontCacheBustURLsMatching: /pkg\/[a-z]+\.[0-9a-f]{16}\./,
  maximumFileSizeToCacheInBytes: 64 * 1024 * 1024,
});
for (const warning of warnings) process.stderr.write(`${warning}\n`);
process.stdout.write(`${count} files, ${Math.round(size / 1024)} kB before compression\n`);
