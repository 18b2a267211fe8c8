/** One server, one browser, the people at it, and a folder for pictures. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Person } from './person.mjs';
import { Server } from './server.mjs';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class World {
  /** @param {string} data @param {string} pictures @param {Server} server @param {import('playwright-core').Browser} browser */
  constructor(data, pictures, server, browser) {
    this.data = data;
    this.pictures = pictures;
    this.server = server;
    this.browser = browser;
    /** @type {Person[]} */
    this.people = [];
  }

  static async begin() {
    const pictures = process.env.TIDINGS_SCREENSHOTS ?? join(tmpdir(), 'tidings-screenshots');
    await mkdir(pictures, { recursive: true });
    const { data, server } = await newServer();
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ARGUMENTS,
    });
    return new World(data, pictures, server, browser);
  }

  /** @param {string} name @param {import('playwright-core').BrowserContextOptions} [options] */
  async person(name, options) {
    const person = new Person(this, name);
    this.people.push(person);
    return person.sitDown(options);
  }

  /** Two people in a room that the first has made. @param {string} name */
  async pair(name) {
    const [ana, bob] = [await this.person('Ana'), await this.person('Bob')];
    await ana.signUp();
    const room = await ana.makeRoom(name);
    await bob.signUp(await ana.invite());
    await bob.page.getByRole('heading', { name, level: 2 }).waitFor();
    return { ana, bob, room };
  }

  /** Everybody goes; what their pages complained of. */
  async everybodyGoes() {
    const complaints = this.people.flatMap((person) => person.complaints);
    for (const person of this.people.splice(0)) await person.getUp();
    return complaints;
  }

  /** @param {import('playwright-core').Page} page @param {string} name */
  async shot(page, name) {
    await page.screenshot({ path: join(this.pictures, `${name}.png`) });
  }

  /**
   * Another server with settings of its own, for as long as `play` runs; its people leave at the end.
   * @param {string[]} settings
   * @param {(world: World) => Promise<void>} play
   */
  async elsewhere(settings, play) {
    const { data, server } = await newServer(settings);
    const world = new World(data, this.pictures, server, this.browser);
    try {
      await play(world);
      const complaints = await world.everybodyGoes();
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    } finally {
      await world.everybodyGoes();
      await world.close();
    }
  }

  async end() {
    await this.browser.close();
    await this.close();
  }

  /** @private */
  async close() {
    await this.server.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}

/** @param {string[]} [settings] */
async function newServer(settings) {
  const data = await mkdtemp(join(tmpdir(), 'tidings-web-'));
  const server = new Server(data, settings);
  await server.start();
  return { data, server };
}
