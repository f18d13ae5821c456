import { once } from "node:events";
import { connect, createServer } from "node:net";

/// Stands before a server and passes everything on, but cuts the first connections as soon as a reply comes back: the
/// request was carried out, and its client never hears of it.
export class CuttingProxy {
  cut = 0;

  static async start(url, cuts) {
    const proxy = new CuttingProxy();
    const target = new URL(url);
    proxy.server = createServer((client) => {
      const server = connect(target.port, target.hostname);
      client.on("error", () => server.destroy());
      server.on("error", () => client.destroy());
      client.pipe(server);
      server.on("data", (bytes) => {
        if (proxy.cut >= cuts) return client.write(bytes);
        ++proxy.cut;
        client.resetAndDestroy();
        server.destroy();
      });
      server.on("end", () => client.end());
      client.on("close", () => server.destroy());
    });
    await once(proxy.server.listen(0, "127.0.0.1"), "listening");
    proxy.baseURL = `http://127.0.0.1:${proxy.server.address().port}/v1`;
    return proxy;
  }

  close() {
    this.server.close();
  }
}
