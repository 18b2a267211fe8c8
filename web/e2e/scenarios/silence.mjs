export const about = 'a line or a server goes silent without a word, and an access token runs out';

import { check, same, until } from '../report.mjs';

/** 30 s of silence, then 10 s for an answer, as docs/protocol.md says; and time for the screen. */
const NOTICED_MS = 30_000 + 10_000 + 5_000;
const TOKEN_S = 10;

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob } = await world.pair('Fog');
  await ana.say('before the fog');
  await bob.sees('before the fog');

  await check('a line that is gone without a word is noticed within its time', async () => {
    bob.network.frozen = true;
    const since = Date.now();
    await bob.say('into the fog');
    await ana.say('you will see this late');
    await bob.banner().waitFor({ timeout: NOTICED_MS });
    console.log(`     noticed after ${((Date.now() - since) / 1000).toFixed(1)} s`);
    const seconds = /in (\d+) s/.exec((await bob.banner().textContent()) ?? '')?.[1];
    if (Number(seconds ?? 0) > 30) throw new Error(`it says ${seconds} s, beyond the longest wait`);
    await bob.shot('60-silent-line');
    same(await bob.tickOf('into the fog'), 'pending');
  });
  await check('and once it is there again nothing is missing or double', async () => {
    bob.network.cut();
    bob.network.mend();
    const texts = ['before the fog', 'you will see this late', 'into the fog'];
    for (const person of [ana, bob])
      await until(async () => {
        const seen = await person.texts();
        return JSON.stringify(seen) === JSON.stringify(texts) || seen;
      }, `${person.name} sees all three`);
    await bob.banner().waitFor({ state: 'detached' });
  });

  await check(
    'who comes back to the window learns within ten seconds of a frozen server',
    async () => {
      world.server.freeze();
      try {
        const since = Date.now();
        await ana.page.evaluate(() => window.dispatchEvent(new Event('focus')));
        await ana.say('to a frozen server');
        await ana.banner().waitFor({ timeout: 10_000 + 3_000 });
        console.log(`     noticed after ${((Date.now() - since) / 1000).toFixed(1)} s`);
        same(await ana.tickOf('to a frozen server'), 'pending');
        await ana.shot('61-frozen-server');
      } finally {
        world.server.thaw();
      }
    },
  );
  await check('and goes on when it lives again', async () => {
    await ana.banner().waitFor({ state: 'detached', timeout: 40_000 });
    await bob.sees('to a frozen server');
    await ana.tickTurns('to a frozen server', 'read');
    same((await bob.texts()).filter((text) => text === 'to a frozen server').length, 1);
  });

  await check('a token is renewed while the connection lives, which does not break for it', () =>
    world.elsewhere([`auth.access_token_s=${TOKEN_S}`], renewal),
  );
}

/** @param {import('../world.mjs').World} world */
async function renewal(world) {
  const { ana, bob } = await world.pair('Clock');
  let [opened, banners] = [0, 0];
  bob.page.on('websocket', () => (opened += 1));
  await bob.page.exposeFunction('bannerSeen', () => (banners += 1));
  await bob.page.evaluate(() => {
    const seen = Reflect.get(window, 'bannerSeen');
    const watch = () => document.querySelector('.banner') && seen();
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  });
  const tokens = new Set([await bob.token()]);
  const end = Date.now() + 2.5 * TOKEN_S * 1000;
  await until(
    async () => {
      tokens.add(await bob.token());
      return Date.now() > end || tokens.size;
    },
    'two lives of a token',
    3 * TOKEN_S * 1000,
  );
  await ana.say('still there?');
  await bob.sees('still there?');
  await bob.say('the same line');
  await ana.tickTurns('still there?', 'read');
  await bob.tickTurns('the same line', 'read');
  same([opened, banners], [0, 0]);
  if (tokens.size < 4) throw new Error(`only ${tokens.size} tokens in two and a half lives`);
}
