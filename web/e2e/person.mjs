/** A person at a browser: what they do and what they see. */
import { Network } from './network.mjs';
import { until } from './report.mjs';

/** Told by the browser while we cut wires; nothing that the page could help. */
const EXPECTED_NOISE =
  /ERR_(CONNECTION|EMPTY|SOCKET|INTERNET|NETWORK)|WebSocket connection to|status of (400|401|403|404|409|410|429|503)/;

export class Person {
  /** @type {import('playwright-core').BrowserContext} */
  context;
  /** @type {import('playwright-core').Page} */
  page;

  /** @param {import('./world.mjs').World} world @param {string} name */
  constructor(world, name) {
    this.world = world;
    this.name = name;
    this.username = `${name.toLowerCase()}-${Math.random().toString(36).slice(2, 8)}`;
    this.password = 'correct horse battery';
    this.network = new Network(world.server);
    /** What the page complained of. @type {string[]} */
    this.complaints = [];
  }

  /** @param {import('playwright-core').BrowserContextOptions} options */
  async sitDown(options = {}) {
    await this.network.open();
    this.context = await this.world.browser.newContext({
      viewport: { width: 1180, height: 760 },
      ...options,
    });
    this.context.setDefaultTimeout(15_000);
    this.page = await this.newPage();
    return this;
  }

  /** @returns {Promise<import('playwright-core').Page>} */
  async newPage() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.complaints.push(`${this.name}: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.complaints.push(`${this.name}: a dialog said ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      const noisy = message.type() !== 'error' || EXPECTED_NOISE.test(message.text());
      if (!noisy) this.complaints.push(`${this.name}: ${message.text()}`);
    });
    return page;
  }

  async getUp() {
    await this.context.close();
    this.network.close();
  }

  /** @param {string} path */
  async go(path) {
    await this.page.goto(this.network.origin + path);
  }

  async signUp(path = '/sign-up') {
    if (path !== '') await this.go(path);
    await this.page.getByLabel('User name').fill(this.username);
    await this.page.getByLabel('Your name, as others see it').fill(this.name);
    await this.page.getByLabel('Password').fill(this.password);
    await this.page.getByRole('button', { name: 'Make my account' }).click();
    await this.page.getByRole('button', { name: /Your account/ }).waitFor();
  }

  async signIn() {
    await this.go('/sign-in');
    await this.page.getByLabel('User name').fill(this.username);
    await this.page.getByLabel('Password').fill(this.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('button', { name: /Your account/ }).waitFor();
  }

  /** @param {string} name @param {'Group' | 'Channel'} kind */
  async makeRoom(name, kind = 'Group') {
    await this.page.getByRole('button', { name: 'New conversation' }).first().click();
    await this.page.getByRole('button', { name: kind, exact: true }).click();
    await this.page.getByLabel('Name', { exact: true }).fill(name);
    await this.page.getByRole('button', { name: `Create ${kind.toLowerCase()}` }).click();
    await this.page.getByRole('heading', { name, level: 2 }).waitFor();
    return /\/r\/(.+)$/.exec(this.page.url())?.[1] ?? '';
  }

  /** The path of an invitation to the room that is open. */
  async invite() {
    await this.page.getByRole('button', { name: 'Invite people' }).click();
    const link = this.page.getByLabel('Invitation link');
    await until(async () => (await link.inputValue()).includes('/join/'), 'an invitation link');
    const url = new URL(await link.inputValue());
    await this.page.keyboard.press('Escape');
    await link.waitFor({ state: 'detached' });
    return url.pathname;
  }

  /** @param {string} name */
  async openRoom(name) {
    await this.row(name).click();
    await this.page.getByRole('heading', { name, level: 2 }).waitFor();
  }

  /** @param {string} name */
  row(name) {
    return this.page
      .getByRole('navigation')
      .getByRole('link')
      .filter({ has: this.page.locator('.room-row-title', { hasText: exactly(name) }) });
  }

  /** @param {string} text */
  async say(text) {
    await this.composer().fill(text);
    await this.page.keyboard.press('Enter');
  }

  composer() {
    return this.page.getByLabel('Write a message');
  }

  /** @param {string} text */
  message(text) {
    return this.page
      .locator('.message')
      .filter({ has: this.page.locator('.prose', { hasText: exactly(text) }) });
  }

  /** @param {string} text */
  async sees(text) {
    await this.message(text).first().waitFor();
  }

  /** The state of a message of one's own. @param {string} text */
  async tickOf(text) {
    return this.message(text).locator('.ticks').first().getAttribute('data-tick');
  }

  /** @param {string} text @param {'pending' | 'sent' | 'delivered' | 'read'} tick */
  async tickTurns(text, tick) {
    await until(
      async () => (await this.tickOf(text)) === tick || this.tickOf(text),
      `${text} turns ${tick}`,
    );
  }

  /** All texts on screen, from top to bottom. @returns {Promise<string[]>} */
  texts() {
    return this.page.locator('.message .prose').evaluateAll((all) =>
      all
        .map((prose) => ({
          text: prose.textContent?.trim() ?? '',
          top: prose.getBoundingClientRect().top,
        }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
  }

  banner() {
    return this.page.locator('.banner');
  }

  /** @param {string} name */
  async shot(name) {
    await this.world.shot(this.page, name);
  }

  /** The access token of this window, for what a test makes by REST. @returns {Promise<string>} */
  token() {
    return this.page.evaluate(() => {
      const id = sessionStorage.getItem('tidings.active');
      return JSON.parse(localStorage.getItem(`tidings.account.${id}`) ?? '{}').access_token;
    });
  }

  /** @param {string} room @param {string} text */
  async sayByRest(room, text) {
    const token = await this.token();
    for (;;) {
      const answer = await fetch(
        `http://127.0.0.1:${this.world.server.port}/v1/rooms/${room}/messages`,
        {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ text, client_id: crypto.randomUUID() }),
        },
      );
      if (answer.ok) return;
      const problem = await answer.json();
      if (answer.status !== 429) throw new Error(`${answer.status} ${JSON.stringify(problem)}`);
      await new Promise((resolve) => setTimeout(resolve, problem.retry_after_ms ?? 500));
    }
  }
}

/** @param {string} text */
function exactly(text) {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
