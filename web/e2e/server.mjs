/** The real server as a child process, on a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_MS = 20_000;
const BINARY =
  process.env.TIDINGS_BIN ??
  fileURLToPath(new URL('../../target/release/tidings', import.meta.url));

/** The server takes variables of this name for settings, and ours for wrong ones. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('TIDINGS_')),
);

export class Server {
  /** @param {string} data a folder that outlives restarts @param {string[]} settings as `section.name=value` */
  constructor(data, settings = []) {
    this.data = data;
    this.settings = settings.flatMap((setting) => ['--set', setting]);
    this.port = 0;
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.child = undefined;
  }

  /** Starts it, on the port of the first start, and waits until it says its address. */
  async start() {
    const child = spawn(
      BINARY,
      ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...this.settings],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: environment,
      },
    );
    this.child = child;
    /** @type {string[]} */
    const log = [];
    child.stderr.on('data', (data) => log.push(String(data)));
    const lines = createInterface(child.stdout);
    const address = new Promise((resolve) => {
      lines.on('line', (line) => {
        const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`the server left with ${code}: ${log.join('').slice(-2000)}`);
    });
    failed.catch(() => undefined);
    this.port = await Promise.race([
      address,
      failed,
      tooLate(START_MS, 'the server said no address'),
    ]);
  }

  /** It goes on living and says nothing, until `thaw`. */
  freeze() {
    this.child?.kill('SIGSTOP');
  }

  thaw() {
    this.child?.kill('SIGCONT');
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

/** @param {number} ms @param {string} what @returns {Promise<never>} */
function tooLate(ms, what) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(what)), ms).unref());
}
