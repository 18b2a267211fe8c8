export const about =
  'the connection is cut, the ack is lost, the page reloads, the server is killed';

import { check, same, until } from '../report.mjs';

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob } = await world.pair('Tunnel');
  const expected = ['before'];
  await ana.say('before');
  await bob.sees('before');

  await check('a cut is said, and what one writes waits', async () => {
    bob.network.cut();
    await bob
      .banner()
      .getByText(/Connection lost|Reconnecting/)
      .waitFor();
    for (const text of ['one', 'two', 'three']) {
      await bob.say(text);
      same(await bob.tickOf(text), 'pending');
    }
    await ana.say('meanwhile');
    await bob.shot('10-cut');
  });
  await check('after the cut all three are there once, in order, on both sides', async () => {
    bob.network.mend();
    expected.push('meanwhile', 'one', 'two', 'three');
    await everybodySees([ana, bob], expected);
    await bob.banner().waitFor({ state: 'detached' });
  });
  await check('their ticks turn to read', async () => {
    for (const text of ['one', 'two', 'three']) await bob.tickTurns(text, 'read');
  });

  await check('a send whose ack was lost is there once', async () => {
    bob.network.muted = true;
    await bob.say('sent into silence');
    await ana.sees('sent into silence');
    same(await bob.tickOf('sent into silence'), 'pending');
    bob.network.cut();
    bob.network.mend();
    await bob.tickTurns('sent into silence', 'read');
    expected.push('sent into silence');
    await everybodySees([ana, bob], expected);
  });

  await check('what waits survives a reload', async () => {
    bob.network.cut('sockets');
    await bob.banner().waitFor();
    await bob.say('kept one');
    await bob.say('kept two');
    await bob.page.reload();
    await bob.sees('kept two');
    same(await bob.tickOf('kept one'), 'pending');
    await bob.shot('11-after-reload');
    bob.network.mend();
    await bob.tickTurns('kept two', 'read');
    expected.push('kept one', 'kept two');
    await everybodySees([ana, bob], expected);
  });

  await check(
    'a killed server loses nothing, and what was written meanwhile arrives once',
    async () => {
      await ana.say('last word before');
      await ana.tickTurns('last word before', 'read');
      await world.server.stop('SIGKILL');
      await ana.banner().waitFor();
      await ana.say('ana while it is dead');
      await bob.say('bob while it is dead');
      await ana.shot('12-server-dead');
      await world.server.start();
      for (const person of [ana, bob])
        await person.banner().waitFor({ state: 'detached', timeout: 40_000 });
      await ana.tickTurns('ana while it is dead', 'read');
      await bob.tickTurns('bob while it is dead', 'read');
      const texts = await ana.texts();
      same(texts.slice(0, -2), [...expected, 'last word before']);
      same([...texts.slice(-2)].sort(), ['ana while it is dead', 'bob while it is dead']);
      await everybodySees([ana, bob], texts);
    },
  );

  await check(
    'many quick messages through a flapping connection arrive once and in order',
    async () => {
      const texts = Array.from({ length: 12 }, (_, index) => `flap ${index + 1}`);
      for (const [index, text] of texts.entries()) {
        await bob.say(text);
        if (index % 3 === 2) {
          bob.network.cut();
          bob.network.mend();
        }
      }
      await bob.tickTurns('flap 12', 'read');
      await until(async () => {
        const seen = (await ana.texts()).filter((text) => text.startsWith('flap'));
        return JSON.stringify(seen) === JSON.stringify(texts) || seen;
      }, 'twelve in order');
    },
  );
}

/** @param {import('../person.mjs').Person[]} people @param {string[]} texts */
async function everybodySees(people, texts) {
  for (const person of people) {
    await until(
      async () => {
        const seen = await person.texts();
        return JSON.stringify(seen) === JSON.stringify(texts) || seen;
      },
      `${person.name} sees ${JSON.stringify(texts)}`,
    );
  }
}
