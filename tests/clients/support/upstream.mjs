// A model server that does what the test says. It serves OpenAI's POST /v1/chat/completions and GET /v1/models; each
// request is answered by the next script, or by the one that stands for all. A script is an async function of an
// Exchange; those below are the usual ones.
import { createServer } from "node:http";
import { once } from "node:events";

class Exchange {
  constructor(request, response) {
    Object.assign(this, { request, response, body: request.body });
  }

  reply(status, body, headers = {}) {
    this.response.writeHead(status, { "content-type": "application/json", ...headers });
    this.response.end(JSON.stringify(body));
  }

  event(data) {
    if (!this.response.headersSent) this.response.writeHead(200, { "content-type": "text/event-stream" });
    this.response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }

  /// The first one says who speaks, as that of every model server does.
  chunk(delta, finish_reason = null) {
    if (!this.response.headersSent) delta = { role: "assistant", content: "", ...delta };
    this.event({ ...this.#head("chat.completion.chunk"), choices: [{ index: 0, delta, finish_reason }] });
  }

  /// The end of an answer that was streamed with chunk().
  finish(reason, usage) {
    this.chunk({}, reason);
    const wanted = this.body.stream_options?.include_usage;
    if (wanted) this.event({ ...this.#head("chat.completion.chunk"), choices: [], usage });
    this.event("[DONE]");
    this.response.end();
  }

  /// The whole answer at once.
  whole(message, finish_reason, usage) {
    const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason }];
    this.reply(200, { ...this.#head("chat.completion"), choices, usage });
  }

  /// Ends the connection without an end of the reply.
  cut() {
    this.response.socket.resetAndDestroy();
  }

  #head(object) {
    return { id: "chatcmpl-1", object, created: 1_700_000_000, model: this.body.model ?? "scripted" };
  }
}

export class Upstream {
  requests = [];
  #scripts = [];
  #always;
  #news = new EventTarget();

  static async start() {
    const upstream = new Upstream();
    upstream.server = createServer((request, response) => upstream.#serve(request, response));
    await once(upstream.server.listen(0, "127.0.0.1"), "listening");
    upstream.url = `http://127.0.0.1:${upstream.server.address().port}/v1`;
    return upstream;
  }

  /// What is done with the next requests for which nothing is set down yet.
  next(...scripts) {
    this.#scripts.push(...scripts);
  }

  /// What is done with all that come after those.
  always(script) {
    this.#always = script;
  }

  /// The messages of the latest request.
  get lastMessages() {
    return this.requests.at(-1).body.messages;
  }

  /// Waits until that many requests have come.
  async asked(count) {
    while (this.requests.length < count) await once(this.#news, "request");
  }

  async close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #serve(request, response) {
    response.on("error", () => {});
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const seen = { method: request.method, path: request.url, headers: request.headers };
    seen.body = text ? JSON.parse(text) : undefined;
    this.requests.push(seen);
    this.#news.dispatchEvent(new Event("request"));
    const exchange = new Exchange(seen, response);
    const script = this.#scripts.shift() ?? this.#always;
    if (!script) return exchange.reply(500, { error: { message: "the test has no script for this request" } });
    await script(exchange);
  }
}

export const kUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const pieces = (text) => (Array.isArray(text) ? text : (text.match(/\S+\s*|\s+/gu) ?? []));

/// Answers with a text, whole or streamed, as the request wants it. An array gives the pieces it is streamed in.
export const says = (text, { usage = kUsage, reason = "stop" } = {}) => (exchange) => {
  if (!exchange.body.stream) return exchange.whole({ content: pieces(text).join("") }, reason, usage);
  for (const content of pieces(text)) exchange.chunk({ content });
  exchange.finish(reason, usage);
};

/// Answers with a call of a function, its arguments in two pieces where it is streamed.
export const calls = (name, args, id = "call_1") => (exchange) => {
  const text = JSON.stringify(args);
  const call = (part) => [{ index: 0, ...part }];
  if (!exchange.body.stream) {
    const tool_calls = [{ id, type: "function", function: { name, arguments: text } }];
    return exchange.whole({ content: null, tool_calls }, "tool_calls", kUsage);
  }
  const first = text.slice(0, text.length / 2);
  const head = { id, type: "function", function: { name, arguments: first } };
  exchange.chunk({ content: null, tool_calls: call(head) });
  exchange.chunk({ tool_calls: call({ function: { arguments: text.slice(first.length) } }) });
  exchange.finish("tool_calls", kUsage);
};

export const refuses = (status, error, headers) => (exchange) => exchange.reply(status, { error }, headers);

/// Streams the pieces, and then the connection is gone.
export const breaksAfter = (...texts) => (exchange) => {
  exchange.chunk({});
  for (const content of texts) exchange.chunk({ content });
  // What was written must reach the other side before the reset does.
  exchange.response.write(": \n\n", () => exchange.cut());
};

/// Two parts of an answer; the second one comes when release() is called.
export class Held {
  #released = Promise.withResolvers();

  constructor(before, after) {
    Object.assign(this, { before, after });
  }

  release() {
    this.#released.resolve();
  }

  script = async (exchange) => {
    if (exchange.body.stream) for (const content of pieces(this.before)) exchange.chunk({ content });
    await this.#released.promise;
    if (!exchange.body.stream) return exchange.whole({ content: this.before + this.after }, "stop", kUsage);
    for (const content of pieces(this.after)) exchange.chunk({ content });
    exchange.finish("stop", kUsage);
  };
}
