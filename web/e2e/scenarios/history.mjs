export const about = 'five hundred messages, scrolled from the end to the beginning and back';

import { check, same, until } from '../report.mjs';

const COUNT = 500;

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob, room } = await world.pair('Archive');
  await bob.go('/');
  for (let n = 1; n <= COUNT; n++) await ana.sayByRest(room, textOf(n));

  await check('the badge counts them', () =>
    bob.row('Archive').getByLabel(`${COUNT} unread`).waitFor(),
  );
  await check('the room opens at the first unread message', async () => {
    await bob.openRoom('Archive');
    await bob.page.getByText('New messages').waitFor();
    await bob.sees(textOf(1));
    await bob.shot('20-first-unread');
  });
  await check('and reading on from there reaches the end without hole or double', async () => {
    const seen = await scrollThrough(bob, 'down', COUNT);
    same(
      seen,
      Array.from({ length: COUNT }, (_, n) => n + 1),
    );
    await until(
      async () =>
        (await bob
          .row('Archive')
          .getByLabel(/unread/)
          .count()) === 0,
      'the badge goes',
    );
  });

  await check('after a reload the end is shown at once', async () => {
    await bob.page.reload();
    await bob.sees(textOf(COUNT));
  });
  await check('what one reads does not move when older messages come', () => staysInPlace(bob));
  await check('scrolling up to the beginning shows each message once and in order', async () => {
    const seen = await scrollThrough(bob, 'up', 1);
    same(
      seen,
      Array.from({ length: seen.length }, (_, n) => n + 1),
    );
    if (seen.length < COUNT - 100) throw new Error(`only ${seen.length} were seen`);
    await bob.page.getByText(/started this group/).waitFor();
    await bob.shot('21-beginning');
  });
  await check('new messages do not pull the reader away, and are counted', async () => {
    await ana.sayByRest(room, 'something new');
    await bob.page.getByRole('button', { name: 'Go to the latest message, 1 unread' }).waitFor();
    await bob.sees(textOf(1));
    await bob.shot('22-jump-button');
  });
  await check('one click leads to the end', async () => {
    await bob.page.getByRole('button', { name: /Go to the latest message/ }).click();
    await bob.sees('something new');
    await bob.page
      .getByRole('button', { name: /Go to the latest message/ })
      .waitFor({ state: 'detached' });
  });
  await check('at the end it follows what comes', async () => {
    for (let n = 1; n <= 5; n++) await ana.sayByRest(room, `following ${n}`);
    await bob.sees('following 5');
    await until(async () => {
      const last = await bob.message('following 5').boundingBox();
      return last !== null && last.y < 700;
    }, 'the newest message is on screen');
  });
  await check('what was read in the moment before a reload stays read', async () => {
    await bob.go('/');
    for (let n = 1; n <= 30; n++) await ana.sayByRest(room, `unread ${n}`);
    const unread = bob.row('Archive').getByLabel(/unread/);
    await bob.row('Archive').getByLabel('30 unread').waitFor();
    bob.network.deaf = true;
    await bob.openRoom('Archive');
    await bob.page.locator('.timeline').hover();
    await until(async () => {
      await bob.page.mouse.wheel(0, 900);
      return (await unread.count()) === 0;
    }, 'the badge goes');
    bob.page.once('framenavigated', () => bob.network.mend());
    await bob.page.reload();
    await bob.sees('unread 30');
    same([await unread.count(), await bob.page.getByText('New messages').count()], [0, 0]);
    await ana.tickTurns('unread 30', 'read');
  });
}

/** @param {number} n */
function textOf(n) {
  const words = 'the tide comes in and the tide goes out '.repeat(1 + ((n * 7) % 5)).trim();
  return n % 3 === 0 ? `${n} ${words}` : `${n} short`;
}

/**
 * Scrolls until the message of number `goal` is there; gives the numbers of all that were ever on
 * screen, and fails if a picture of it had a hole, a double or two in the wrong order.
 * @param {import('../person.mjs').Person} person @param {'up' | 'down'} way @param {number} goal
 */
async function scrollThrough(person, way, goal) {
  /** @type {Set<number>} */
  const seen = new Set();
  await person.page.locator('.timeline').hover();
  await until(
    async () => {
      const numbers = await numbersOn(person);
      const broken = numbers.findIndex(
        (n, index) => index > 0 && n !== (numbers[index - 1] ?? 0) + 1,
      );
      if (broken > 0)
        throw new Error(`on screen: … ${numbers.slice(broken - 2, broken + 2).join(', ')} …`);
      for (const n of numbers) seen.add(n);
      if (seen.has(goal) && (await isAt(person, way))) return true;
      await person.page.mouse.wheel(0, way === 'up' ? -900 : 900);
      return [...seen].length;
    },
    `scrolling ${way} to ${goal}`,
    60_000,
  );
  return [...seen].sort((a, b) => a - b);
}

/**
 * Numbers of the messages in the page, by their place; gaps that are still loading end the picture.
 * @param {import('../person.mjs').Person} person
 * @returns {Promise<number[]>}
 */
async function numbersOn(person) {
  return person.page.locator('.timeline').evaluate(async (timeline) => {
    // As it was painted: after a frame, not between a change and its layout.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const placed = [...timeline.querySelectorAll('.timeline-row')]
      .map((row) => ({ row, top: row.getBoundingClientRect().top }))
      .sort((a, b) => a.top - b.top);
    const gap = placed.findIndex(({ row }) => row.querySelector('.gap'));
    return (gap < 0 ? placed : placed.slice(0, gap))
      .map(({ row }) =>
        Number(/^(\d+) /.exec(row.querySelector('.prose')?.textContent ?? '')?.[1] ?? Number.NaN),
      )
      .filter((number) => !Number.isNaN(number));
  });
}

/**
 * At the very beginning or the very end, with nothing left to load there.
 * @param {import('../person.mjs').Person} person
 * @param {'up' | 'down'} way
 */
async function isAt(person, way) {
  return person.page.locator('.timeline').evaluate((view, way) => {
    const below = view.scrollHeight - view.clientHeight - view.scrollTop;
    if (way === 'down') return below < 5 && view.querySelector('.gap') === null;
    return view.scrollTop < 5 && view.querySelector('.older') === null;
  }, way);
}

/**
 * Goes to the top of what is loaded while the next page is held back, lets it come, and holds one
 * message's place on screen against where it was.
 * @param {import('../person.mjs').Person} person
 */
async function staysInPlace(person) {
  const timeline = person.page.locator('.timeline');
  /** @type {() => void} */
  let release = () => undefined;
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  await person.page.route(/messages\?.*before=/, async (route) => {
    await held;
    await route.fallback();
  });
  await timeline.hover();
  await until(async () => {
    await person.page.mouse.wheel(0, -700);
    return timeline.evaluate((view) => view.scrollTop < 40);
  }, 'the top of what is loaded');
  await timeline.evaluate((view) => (view.scrollTop = 90));
  const mark = await timeline.evaluate(async (view) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    const top = view.getBoundingClientRect().top;
    const rows = [...view.querySelectorAll('.message[data-seq]')]
      .map((row) => ({
        seq: row.getAttribute('data-seq'),
        top: row.getBoundingClientRect().top - top,
      }))
      .filter((row) => row.top > 100)
      .sort((a, b) => a.top - b.top);
    return { seq: rows[0]?.seq ?? '', top: rows[0]?.top ?? 0, height: view.scrollHeight };
  });
  release();
  await until(
    () => timeline.evaluate((view, height) => view.scrollHeight > height + 500, mark.height),
    'older ones come',
  );
  for (let look = 0; look < 30; look++) {
    const now = await timeline.evaluate(async (view, seq) => {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const row = view.querySelector(`.message[data-seq="${seq}"]`);
      return row ? row.getBoundingClientRect().top - view.getBoundingClientRect().top : Number.NaN;
    }, mark.seq);
    if (!(Math.abs(now - mark.top) <= 3))
      throw new Error(`message ${mark.seq} moved from ${mark.top} to ${now}`);
  }
  await person.page.unrouteAll({ behavior: 'wait' });
}
