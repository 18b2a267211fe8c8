export const about =
  'who comes and goes is told, a room is marked unread, and deleted for everybody';

import { check, same, until } from '../report.mjs';

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const { ana, bob, room } = await world.pair('Jetty');
  await ana.say('first words');
  await bob.sees('first words');

  await check('who joins, leaves and renames stands between the messages, in order', async () => {
    const cyra = await world.person('Cyra');
    await cyra.signUp(await ana.invite());
    await cyra.page.getByRole('heading', { name: 'Jetty', level: 2 }).waitFor();
    await cyra.say('hello all');
    await ana.sees('hello all');
    await choose(ana, 'Name and description');
    await ana.page.getByLabel('Name', { exact: true }).fill('Pier');
    await ana.page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByRole('heading', { name: 'Pier', level: 2 }).waitFor();
    await choose(cyra, 'Leave');
    await cyra.page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
    await cyra.page.getByRole('heading', { name: 'Pier', level: 2 }).waitFor({ state: 'detached' });
    await ana.say('bye');
    await sees(bob, lines('Ana', 'You', 'Cyra'));
    await sees(ana, lines('You', 'Bob', 'Cyra'));
    await bob.shot('70-told');
  });
  await check('after a reload the log tells the same', async () => {
    await bob.page.reload();
    await bob.sees('bye');
    await sees(bob, lines('Ana', 'You', 'Cyra'));
  });
  await check('coming and going is nothing unread', async () => {
    await bob.go('/');
    const dora = await world.person('Dora');
    await dora.signUp(await ana.invite());
    await ana.page.locator('.told', { hasText: 'Dora joined' }).waitFor();
    await ana.say('and a word');
    await bob.row('Pier').getByLabel('1 unread').waitFor();
  });

  await check(
    'a room is marked as unread by keyboard, on every device, until it is opened',
    async () => {
      const phone = await world.person('Bob');
      phone.username = bob.username;
      await phone.signIn();
      await bob.openRoom('Pier');
      const badge = (/** @type {import('../person.mjs').Person} */ person) =>
        person.row('Pier').getByLabel('1 unread');
      await badge(phone).waitFor({ state: 'detached' });
      await bob.page.getByRole('button', { name: 'More about this room' }).focus();
      await bob.page.keyboard.press('Enter');
      await bob.page.getByRole('menuitem', { name: 'Mark as unread' }).waitFor();
      await bob.shot('71-room-menu');
      await bob.page.keyboard.press('Enter');
      for (const person of [bob, phone]) await badge(person).waitFor();
      same(await bob.page.getByRole('heading', { name: 'Pier', level: 2 }).count(), 0);
      await bob.page.reload();
      await badge(bob).waitFor();
      await bob.openRoom('Pier');
      await bob.page.getByText('New messages').waitFor();
      for (const person of [bob, phone]) await badge(person).waitFor({ state: 'detached' });
    },
  );

  await check('only an owner is offered to delete a room, and is told what is lost', async () => {
    await bob.page.getByRole('button', { name: 'More about this room' }).click();
    await bob.page.getByRole('menuitem', { name: 'Leave' }).waitFor();
    same(await bob.page.getByRole('menuitem', { name: /Delete/ }).count(), 0);
    await bob.page.keyboard.press('Escape');
    await choose(ana, 'Delete for everybody');
    const dialog = ana.page.getByRole('dialog', { name: 'Delete Pier for everybody?' });
    await dialog.getByText(/Every message in it is lost, for you and 2 others/).waitFor();
    await ana.shot('72-delete');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await bob.say('still there');
    await ana.sees('still there');
  });
  await check('and once deleted it is gone for all', async () => {
    await choose(ana, 'Delete for everybody');
    await ana.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Delete for everybody' })
      .click();
    await bob.page.getByText('No such conversation').waitFor();
    for (const person of [ana, bob]) {
      await person.row('Pier').waitFor({ state: 'detached' });
      await person.go(`/r/${room}`);
      await person.page.getByText('No such conversation').waitFor();
    }
  });
}

/** @param {string} ana @param {string} bob @param {string} cyra as the reader sees them */
function lines(ana, bob, cyra) {
  return [
    `~${bob} joined`,
    'first words',
    `~${cyra} joined`,
    'hello all',
    `~${ana} changed the name to “Pier”`,
    `~${cyra} left`,
    'bye',
  ];
}

/** Messages and lines, from top to bottom. @param {import('../person.mjs').Person} person @param {string[]} wanted */
async function sees(person, wanted) {
  await until(
    async () => {
      const seen = await person.page.locator('.timeline-row').evaluateAll((rows) =>
        rows
          .map((row) => ({ row, top: row.getBoundingClientRect().top }))
          .sort((a, b) => a.top - b.top)
          .flatMap(({ row }) => {
            const told = row.querySelector('.told');
            const said = row.querySelector('.message .prose');
            if (told) return [`~${told.textContent}`];
            return said ? [said.textContent.trim()] : [];
          }),
      );
      return JSON.stringify(seen) === JSON.stringify(wanted) || seen;
    },
    `${person.name} sees ${JSON.stringify(wanted)}`,
  );
}

/** @param {import('../person.mjs').Person} person @param {string} item */
async function choose(person, item) {
  await person.page.getByRole('button', { name: 'More about this room' }).click();
  await person.page.getByRole('menuitem', { name: item, exact: true }).click();
}
