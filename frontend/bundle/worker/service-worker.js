// Keeps the static files of one build on the device, and nothing else: what the server says about a patient is never stored.
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

// The app without a page from the server, and what is left where even that is missing.
const SHELL = "/shell.html";
const OFFLINE = "/offline.html";

// So long the server has to begin its answer, in milliseconds. With one bar of signal nobody waits longer before a dead page.
const PATIENCE = 3000;

// What something between here and the server says in its place.
const UNREACHABLE = [502, 503, 504];

// The page asks for this when there is something to deliver, and hears the same when there is a network again.
const DELIVER = "deliver";

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false, directoryIndex: null });
cleanupOutdatedCaches();

const fromServer = async (event, request) => (await event.preloadResponse) ?? (await fetch(request));

const patience = () => new Promise((resolve) => setTimeout(resolve, PATIENCE));

// A page comes from the server. Where that cannot be reached soon, the app opens with what is on the device.
registerRoute(
  new NavigationRoute(
    async ({ event, request }) => {
      const served = fromServer(event, request).catch(() => undefined);
      event.waitUntil(served);
      const shell = await matchPrecache(SHELL);
      const page = await (shell ? Promise.race([served, patience()]) : served);
      if (page && !(shell && UNREACHABLE.includes(page.status))) return page;
      return shell ?? (await matchPrecache(OFFLINE)) ?? Response.error();
    },
    // These are no screens of the app.
    { denylist: [/^\/api\//, /^\/health$/, /\.[a-z]+$/] },
  ),
);

self.addEventListener("activate", (event) => {
  event.waitUntil(
    Promise.all([self.clients.claim(), self.registration.navigationPreload?.enable()]),
  );
});

// A new build waits until the person takes it, so that nobody's half-written form is thrown away.
self.addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") self.skipWaiting();
  // A page that was on its way when this worker began.
  if (event.data?.type === "CLAIM") event.waitUntil(self.clients.claim());
});

// Only pages can read what is to be delivered.
self.addEventListener("sync", (event) => {
  if (event.tag !== DELIVER) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((pages) => {
      for (const page of pages) page.postMessage({ type: DELIVER });
    }),
  );
});
