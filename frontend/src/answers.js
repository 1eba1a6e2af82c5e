// What stands between a device and the service answers too: the sign-in page of a Wi-Fi network, a block page, a proxy's error.
// None of that says anything about versions, sessions or refusals, so for the app it is no answer: the service was not reached.
// Here and not in Rust, where reading one header of an answer brings a table of all headers along.
export function onlyTheServices(header) {
  const ask = self.fetch.bind(self);
  self.fetch = async (request, options) => {
    const answer = await ask(request, options);
    const { pathname } = new URL(request.url ?? request, location.href);
    if (pathname.startsWith("/api/") && !answer.headers.has(header)) {
      throw new TypeError("answered by something else than the service");
    }
    return answer;
  };
}
