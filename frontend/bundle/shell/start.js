// Starts the app in the shell: the page that the service worker opens where the server cannot be reached.
try {
  const app = await import("/pkg/ncrs.js");
  await app.default({ module_or_path: "/pkg/ncrs.wasm" });
  app.hydrate();
} catch {
  document.body.append(document.getElementById("broken").content);
}
