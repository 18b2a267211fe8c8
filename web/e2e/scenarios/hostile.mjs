export const about = 'what somebody may write to break a page';

import { check, same, until } from '../report.mjs';

const CASES = {
  script:
    '<script>window.pwned = 1</script> and <img src=x onerror="window.pwned = 2"> and <svg onload="window.pwned = 3">',
  links:
    '[one](javascript:window.pwned=4) [two](JAVASCRIPT:window.pwned=5) [three](data:text/html,<script>alert(1)</script>)',
  override: 'safe \u202Etxt.exe\u202C end',
  marks: `a${'\u0301'.repeat(8_000)} tower`,
  long: 'w'.repeat(16_000),
  nested: '>'.repeat(4_000) + ' deep',
  fence: '```\n' + 'x'.repeat(3_000) + '\n```',
  list: Array.from({ length: 60 }, (_, n) => `${' '.repeat(n)}- x`).join('\n'),
  table: `|${'a|'.repeat(200)}\n|${'-|'.repeat(200)}\n|${'b|'.repeat(200)}`,
  image: '![cat](https://tracker.invalid/cat.png)',
};

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob, room } = await world.pair('Wild');
  /** @type {string[]} */
  const requests = [];
  bob.page.on('request', (request) => requests.push(request.url()));
  for (const text of Object.values(CASES)) await ana.sayByRest(room, text);
  await ana.sayByRest(room, 'the end');
  await bob.sees('the end');
  await bob.shot('30-hostile-end');

  await check('no script ran', async () => {
    same(await bob.page.evaluate(() => Reflect.get(window, 'pwned') ?? null), null);
  });
  await check('no element came in by a message', async () => {
    same(await bob.page.locator('.prose :is(script, img, svg, iframe, style, input)').count(), 0);
  });
  await check('no dangerous link came in', async () => {
    const links = await bob.page
      .locator('.prose a')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    same(
      links.filter((href) => href !== null && !/^(https?|mailto):/.test(href)),
      [],
    );
  });
  await check('nothing was fetched from elsewhere', () => {
    same(
      requests.filter((url) => !url.startsWith(bob.network.origin)),
      [],
    );
  });
  await check('every bubble stays within the page, and rows do not lie on each other', async () => {
    await bob.page.locator('.timeline').hover();
    for (let step = 0; step < 40; step++) {
      same(await overflowing(bob), []);
      if (await bob.page.locator('.timeline').evaluate((view) => view.scrollTop < 5)) break;
      await bob.page.mouse.wheel(0, -600);
      await bob.page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))),
      );
      if (step % 6 === 0) await bob.shot(`31-hostile-${step}`);
    }
  });
  await check('the room list and the composer still work', async () => {
    await bob.say('still here');
    await ana.sees('still here');
    const wide = await bob.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    same(wide, 0);
  });
  await check('what is too long is not sent but said', async () => {
    await bob.composer().fill('é'.repeat(9_000));
    await bob.page.getByText(/too long for one message/).waitFor();
    same(await bob.page.getByRole('button', { name: 'Send' }).isDisabled(), true);
    await bob.composer().fill('');
  });
  await check('a name that deceives is refused with a reason', async () => {
    await ana.page.getByRole('button', { name: 'New conversation' }).first().click();
    await ana.page.getByLabel('Name', { exact: true }).fill('safe \u202Egnp.exe');
    await ana.page.getByRole('button', { name: 'Create group' }).click();
    await ana.page.getByRole('alert').first().waitFor();
    await until(
      async () =>
        (await ana.page.getByRole('alert').first().textContent())?.includes('direction') === true,
      'a reason',
    );
    await ana.page.keyboard.press('Escape');
  });
}

/** @param {import('../person.mjs').Person} person */
function overflowing(person) {
  return person.page.locator('.timeline-row').evaluateAll((rows) => {
    const view = document.querySelector('.timeline')?.getBoundingClientRect();
    const boxes = rows.map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top);
    const stacked = boxes.filter(
      (box, index) => index > 0 && box.top < (boxes[index - 1]?.bottom ?? 0) - 1,
    );
    const wide = [...document.querySelectorAll('.bubble')]
      .map((bubble) => bubble.getBoundingClientRect())
      .filter((box) => view && (box.left < view.left - 1 || box.right > view.right + 1));
    return [...stacked.map(() => 'stacked'), ...wide.map(() => 'wide')];
  });
}
