/** The wire between one person's browser and the server, which can be cut. */
import net from 'node:net';

export class Network {
  /** @param {import('./server.mjs').Server} server */
  constructor(server) {
    this.server = server;
    /** @type {Set<net.Socket>} */
    this.sockets = new Set();
    /** `all`: nothing passes. `sockets`: pages load, but event streams do not open. */
    this.blocked = /** @type {'nothing' | 'sockets' | 'all'} */ ('nothing');
    /** What the server says does not arrive. */
    this.muted = false;
    /** What the client says over its event stream does not arrive. */
    this.deaf = false;
    /** Nothing passes in either direction, and nobody is told: a line that is gone without a word. */
    this.frozen = false;
    this.listener = net.createServer((client) => this.take(client));
    this.origin = '';
  }

  async open() {
    await new Promise((resolve) => this.listener.listen(0, '127.0.0.1', () => resolve(undefined)));
    const address = /** @type {net.AddressInfo} */ (this.listener.address());
    this.origin = `http://127.0.0.1:${address.port}`;
  }

  /** Cuts what is open; `what` stays cut until `mend`. */
  cut(what = /** @type {'sockets' | 'all'} */ ('all')) {
    this.blocked = what;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.blocked = 'nothing';
    this.muted = false;
    this.deaf = false;
    this.frozen = false;
  }

  close() {
    this.cut();
    this.listener.close();
  }

  /** @param {net.Socket} client */
  take(client) {
    if (this.blocked === 'all') return void client.destroy();
    this.track(client);
    client.once('data', (first) => {
      const isStream = first.subarray(0, 40).toString('latin1').startsWith('GET /v1/socket');
      if (this.blocked === 'sockets' && isStream) return void client.destroy();
      this.join(client, first, isStream);
    });
  }

  /** @param {net.Socket} client @param {Buffer} first @param {boolean} isStream */
  join(client, first, isStream) {
    const server = net.connect(this.server.port, '127.0.0.1');
    this.track(server);
    server.write(first);
    client.on('data', (data) => this.frozen || (this.deaf && isStream) || server.write(data));
    server.on('data', (data) => this.frozen || this.muted || client.write(data));
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
  }

  /** @param {net.Socket} socket */
  track(socket) {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}
