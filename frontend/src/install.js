// The browser offers to install the app once, perhaps before the app is alive: kept from the moment that the script is here.
let offer = null;
let tell = () => {};

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  tell();
});
addEventListener("appinstalled", () => {
  offer = null;
  tell();
});

export function canAsk() {
  return offer !== null;
}

// Each offer can be shown once; where the person declines, the browser makes another later.
export function ask() {
  const shown = offer;
  offer = null;
  shown?.prompt();
  tell();
}

export function onChange(callback) {
  tell = callback;
}
