// The network between a browser and the server, which a test can cut, slow down and break.
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server as Listener,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Something on the way that answers in the place of the server. */
export type Stranger = {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** The connection ends in the middle of the body. */
  truncated?: boolean;
};

/** What the network does with a request. */
export type Treatment =
  /** The server never hears of it. */
  | "drop"
  /** The server hears of it, and its answer never comes. */
  | "lose"
  /** The answer stops in the middle of its body, and the connection ends. */
  | "truncate"
  /** The server never hears of it, and this is answered. */
  | Stranger
  /** The answer is held back until this is over. */
  | Promise<unknown>
  /** The answer is held back for so long, in milliseconds. */
  | number;

/** A request that came to the proxy. */
export type Passed = {
  path: string;
  /** What the server answered; `undefined` where it was not asked, or did not answer. */
  status: number | undefined;
  /** The whole answer was sent on to the browser. */
  arrived: boolean;
};

type Rule = { path: string; treatment: Treatment; left: number };

/** For the paths of rules: every one. */
export const EVERYTHING = "*";

const isStranger = (treatment: Treatment | undefined): treatment is Stranger =>
  typeof treatment === "object" && "status" in treatment;

const answerAs = ({ status, headers, body = "", truncated }: Stranger, answer: ServerResponse): void => {
  const content = Buffer.from(body);
  answer.writeHead(status, { ...headers, "content-length": String(content.length) });
  if (truncated) {
    answer.write(content.subarray(0, Math.floor(content.length / 2)), () => answer.socket?.destroy());
  } else {
    answer.end(content);
  }
};

const body = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** One network. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private rules: Rule[] = [];
  private isCut = false;
  private readonly passed: Passed[] = [];

  private constructor(
    private readonly listener: Listener,
    private readonly port: number,
    private readonly target: number,
  ) {}

  /** A network in front of the server at that port. */
  static async create(target: number): Promise<Proxy> {
    const listener = createServer();
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(0, "127.0.0.1", resolve);
    });
    const address = listener.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const proxy = new Proxy(listener, port, target);
    listener.on("connection", (socket) => proxy.connected(socket));
    listener.on("request", (request, answer) => {
      proxy.pass(request, answer).catch(() => request.socket.destroy());
    });
    return proxy;
  }

  /** By which the browser reaches the server. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** No signal: what is under way ends, and nobody gets through. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** There is signal again. */
  mend(): void {
    this.isCut = false;
  }

  /** Treats the next requests to a path in another way. */
  treat(path: string, treatment: Treatment, times = Number.POSITIVE_INFINITY): void {
    this.rules.push({ path, treatment, left: times });
  }

  /** Treats every request alike again. */
  relent(): void {
    this.rules = [];
  }

  /** Holds the answers of a path back until the returned function is called. */
  hold(path: string): () => void {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    this.treat(path, held);
    return () => {
      this.rules = this.rules.filter((rule) => rule.treatment !== held);
      release();
    };
  }

  /** The requests to a path so far. */
  requests(path: string): Passed[] {
    return this.passed.filter((passed) => passed.path === path);
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private connected(socket: Socket): void {
    if (this.isCut) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    // Whoever was cut off is told by the close.
    socket.on("error", () => undefined);
  }

  private treatmentOf(path: string): Treatment | undefined {
    const rule = this.rules.find((rule) => [path, EVERYTHING].includes(rule.path) && rule.left > 0);
    if (rule) rule.left -= 1;
    return rule?.treatment;
  }

  private async pass(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.url).pathname;
    const passed: Passed = { path, status: undefined, arrived: false };
    this.passed.push(passed);
    const treatment = this.treatmentOf(path);
    const sent = await body(request);
    if (treatment === "drop") {
      request.socket.destroy();
      return;
    }
    if (isStranger(treatment)) {
      answerAs(treatment, answer);
      return;
    }
    const from = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = ask(
        {
          host: "127.0.0.1",
          port: this.target,
          method: request.method,
          path: request.url,
          headers: request.headers,
          agent: false,
        },
        resolve,
      );
      onward.once("error", reject);
      onward.end(sent);
    });
    const content = await body(from);
    passed.status = from.statusCode;
    if (treatment === "lose") {
      request.socket.destroy();
      return;
    }
    if (typeof treatment === "number") await sleep(treatment);
    else if (treatment !== "truncate") await treatment;
    if (request.socket.destroyed) return;
    const headers = { ...from.headers };
    delete headers["transfer-encoding"];
    delete headers.connection;
    if (request.method !== "HEAD" && from.statusCode !== 304 && from.statusCode !== 204) {
      headers["content-length"] = String(content.length);
    }
    answer.writeHead(from.statusCode ?? 502, headers);
    if (treatment === "truncate") {
      answer.write(content.subarray(0, Math.floor(content.length / 2)), () => request.socket.destroy());
      return;
    }
    answer.end(content, () => (passed.arrived = true));
  }
}
