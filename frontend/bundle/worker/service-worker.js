// Keeps the static files of one build on the device, and nothing else: what the server says about a patient is never stored.
import { addPlugins, cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

// The app without a page from the server, and what is left where even that is missing.
const SHELL = "/shell.html";
const OFFLINE = "/offline.html";

// So long the server has to begin its answer, in milliseconds. With one bar of signal nobody waits longer before a dead page.
const PATIENCE = 3000;

// Every answer of the service has this header. What stands between here and the service answers too: the sign-in page of a
// Wi-Fi network, a block page, a proxy's error.
const SERVICE_HEADER = "x-ncrs-service";

// A small file that is always asked for anew, to find out who answers.
const PROBE = "/robots.txt";

// The page asks for this when there is something to deliver, and hears the same when there is a network again.
const DELIVER = "deliver";

const isTheServices = (answer) => answer.headers.has(SERVICE_HEADER);

// What is kept is the service's own: a sign-in page that a network puts in the place of a file would be kept for good.
addPlugins([
  {
    cacheWillUpdate: async ({ response }) =>
      response.status === 200 && isTheServices(response) ? response : null,
  },
]);
precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false, directoryIndex: null });
cleanupOutdatedCaches();

const fromServer = async (event, request) => (await event.preloadResponse) ?? (await fetch(request));

// The page, where the service sent it and can work. Where a page leads on to another, a browser does not tell who says so: then
// a file that the service has is asked for.
const ownPage = async (answer) => {
  const page = await answer;
  const from = page.type === "opaqueredirect" ? await fetch(PROBE, { cache: "no-store" }) : page;
  return isTheServices(from) && page.status !== 503 ? page : undefined;
};

const patience = () => new Promise((resolve) => setTimeout(resolve, PATIENCE));

// A page comes from the server. Where that cannot be reached soon, the app opens with what is on the device.
registerRoute(
  new NavigationRoute(
    async ({ event, request }) => {
      const answer = fromServer(event, request);
      const own = ownPage(answer).catch(() => undefined);
      event.waitUntil(own);
      const shell = await matchPrecache(SHELL);
      const page = await (shell ? Promise.race([own, patience()]) : own);
      return page ?? shell ?? (await matchPrecache(OFFLINE)) ?? answer;
    },
    // These are no screens of the app.
    { denylist: [/^\/api\//, /^\/health$/, /\.[a-z]+$/] },
  ),
);

// The browser may ask for a page while this worker starts. Firefox fails the whole visit where that early question does not get
// through, whatever this worker has in the page's place: only the browsers that name their brand, Chromium's, are let.
const askAhead = () => {
  const ahead = self.registration.navigationPreload;
  return "userAgentData" in self.navigator ? ahead?.enable() : ahead?.disable();
};

self.addEventListener("activate", (event) => {
  event.waitUntil(
    Promise.all([self.clients.claim(), askAhead()]),
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
