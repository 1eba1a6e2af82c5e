// Starts the app. In the shell, the page that the service worker opens where the server cannot be reached, at once: it is
// empty. In a page that the server sent, as soon as that is painted: on a slow network the first thing to read does not share
// the line with what makes it work, and a phone is not kept from showing it.
const painted = () =>
  new Promise((go) => {
    const sees = PerformanceObserver.supportedEntryTypes?.includes("paint");
    if (document.body.hasAttribute("data-shell") || document.hidden || !sees) {
      go();
      return;
    }
    const seen = new PerformanceObserver((list) => {
      if (list.getEntriesByName("first-contentful-paint").length > 0) go();
    });
    seen.observe({ type: "paint", buffered: true });
    // A browser that paints nothing for so long has another reason.
    setTimeout(go, 1500);
  });

const load = async () => {
  const file = fetch("/pkg/ncrs.wasm");
  // Where it fails while the script is still on its way, the app hears of it all the same.
  file.catch(() => undefined);
  const app = await import("/pkg/ncrs.js");
  await app.default({ module_or_path: file });
  return app;
};

await painted();
try {
  const app = await load();
  // In a task of its own, so that what the person does in between is heard.
  setTimeout(app.hydrate);
} catch {
  const notice = document.getElementById("broken").content;
  const skip = document.querySelector(".nhsuk-skip-link");
  // The link that skips to the content stays the first. In the shell there is none yet.
  if (skip) skip.after(notice);
  else document.body.prepend(notice);
}
