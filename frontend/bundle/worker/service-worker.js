// Keeps the static files of one build on the device, and nothing else: what the server says about a patient is never stored.
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

const OFFLINE = "/offline.html";

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false, directoryIndex: null });
cleanupOutdatedCaches();

// A page always comes from the server. Where that cannot be reached, say so.
registerRoute(
  new NavigationRoute(async ({ event, request }) => {
    try {
      return (await event.preloadResponse) ?? (await fetch(request));
    } catch {
      return (await matchPrecache(OFFLINE)) ?? Response.error();
    }
  }),
);

self.addEventListener("activate", (event) => {
  event.waitUntil(
    Promise.all([self.clients.claim(), self.registration.navigationPreload?.enable()]),
  );
});

// A new build waits until the person takes it, so that nobody's half-written form is thrown away.
self.addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") self.skipWaiting();
});
