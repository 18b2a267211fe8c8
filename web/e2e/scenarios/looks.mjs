export const about = 'a day’s conversation, pictured in both looks and both sizes';

import { check, same, until } from '../report.mjs';

const NARROW = { width: 390, height: 780 };

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob } = await world.pair('Harbour crew');
  await ana.say('Morning! The new berth plan is up on the wall by the office.');
  await bob.say('Thanks. **Mine is fine**, but *Petrel* is now next to the fuel dock?');
  await ana.say('I asked the harbour master, he says:\n> temporary, until the crane is back');
  await bob.say('```js\nconst range = high.height - low.height;\n```');
  await bob.say('and https://example.org/tides has the rest');
  await ana.say('Perfect, see you at six.');
  await ana.tickTurns('Perfect, see you at six.', 'read');
  await ana.shot('50-light');
  await ana.page.emulateMedia({ colorScheme: 'dark' });
  await check('the dark look follows the system', async () => {
    const look = () => ana.page.evaluate(() => document.documentElement.dataset.theme);
    await until(async () => (await look()) === 'dark', 'dark');
  });
  await ana.shot('51-dark');
  await ana.page.emulateMedia({ colorScheme: 'light' });

  await ana.page.setViewportSize(NARROW);
  await ana.shot('52-narrow-room');
  await check('on a narrow screen list and room are two screens', async () => {
    same(await ana.page.getByRole('navigation').isVisible(), false);
    await ana.page.getByRole('link', { name: 'Back to the list' }).click();
    same(await ana.page.getByRole('navigation').isVisible(), true);
    await ana.shot('53-narrow-list');
    await ana.openRoom('Harbour crew');
  });
  await check('nothing is wider than a narrow screen', async () => {
    same(await ana.page.evaluate(() => document.documentElement.scrollWidth), NARROW.width);
  });
  await check(
    'keyboard alone is enough to go from the list to the composer and write',
    async () => {
      await bob.go('/');
      await bob.page.getByPlaceholder('Search conversations').focus();
      await bob.page.keyboard.press('Tab');
      await bob.page.keyboard.press('Enter');
      await bob.composer().waitFor();
      await bob.page.keyboard.type('by keyboard');
      await bob.page.keyboard.press('Enter');
      await ana.sees('by keyboard');
    },
  );
}
