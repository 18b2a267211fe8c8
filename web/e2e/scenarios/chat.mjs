export const about = 'two people make a room, meet in it by a link, and talk';

import { check, same, until } from '../report.mjs';

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const ana = await world.person('Ana');
  const bob = await world.person('Bob');

  await ana.signUp();
  await ana.shot('01-first-sight');
  await ana.makeRoom('Harbour crew');
  const link = await ana.invite();
  await bob.go(link);
  await check('the invitation says to what it leads, to somebody without an account', async () => {
    await bob.page.getByText('Harbour crew').waitFor();
    await bob.page.getByText(/Ana invites you/).waitFor();
  });
  await bob.shot('02-invitation');
  await bob.signUp('');
  await bob.page.getByRole('heading', { name: 'Harbour crew', level: 2 }).waitFor();

  await check('a message arrives, and its tick turns to read', async () => {
    await ana.say('Hello Bob');
    await bob.sees('Hello Bob');
    await ana.tickTurns('Hello Bob', 'read');
  });
  await check('who is here is shown', () => ana.page.getByText('1 other online').waitFor());
  await check('typing shows while one writes, in the room and in the list', async () => {
    await bob.composer().pressSequentially('I am');
    await ana.page.getByText('Bob is typing', { exact: true }).waitFor();
    await ana.row('Harbour crew').getByText('Bob is typing…').waitFor();
    await ana.shot('03-typing');
  });
  await check('and is gone once it was sent', async () => {
    await bob.page.keyboard.press('Enter');
    await ana.sees('I am');
    await ana.page.getByText('Bob is typing', { exact: true }).waitFor({ state: 'detached' });
  });

  await check(
    'delivered is not read: with the room closed there it stays at two grey ticks',
    async () => {
      await bob.go('/');
      await ana.say('Are you there?');
      await ana.tickTurns('Are you there?', 'delivered');
      await bob.row('Harbour crew').getByLabel('1 unread').waitFor();
      same(await bob.page.title(), '(1) Tidings');
    },
  );
  await bob.shot('04-unread');
  await check(
    'opening the room reads it, shows where news began, and clears the badge',
    async () => {
      await bob.openRoom('Harbour crew');
      await ana.tickTurns('Are you there?', 'read');
      await bob.page.getByText('New messages').waitFor();
      same(
        await bob
          .row('Harbour crew')
          .getByLabel(/unread/)
          .count(),
        0,
      );
    },
  );

  await check('a reply quotes what it answers', async () => {
    const asked = bob.message('Are you there?');
    await asked.hover();
    await asked.getByRole('button', { name: 'Reply', exact: true }).click();
    await bob.say('Yes, on the pier');
    await ana.sees('Yes, on the pier');
    const quote = ana.message('Yes, on the pier').locator('.quote');
    await quote.getByText('Are you there?').waitFor();
  });

  await check('a mention is offered, sent, and counted apart', async () => {
    await bob.go('/');
    await ana.composer().pressSequentially(`Look, @${bob.username.slice(0, 4)}`);
    await ana.page.getByRole('option').first().waitFor();
    await ana.page.keyboard.press('Tab');
    await ana.page.keyboard.press('Enter');
    await bob.row('Harbour crew').getByLabel('1 mentions of you').waitFor();
    await bob.openRoom('Harbour crew');
  });

  await check('both see the same conversation', async () => {
    const wanted = [
      'Hello Bob',
      'I am',
      'Are you there?',
      'Yes, on the pier',
      `Look, @${bob.username}`,
    ];
    for (const person of [ana, bob])
      await until(
        async () => JSON.stringify(await person.texts()) === JSON.stringify(wanted),
        'the same texts',
      );
  });

  await check('a draft waits in its room', async () => {
    await bob.composer().fill('not finished');
    await bob.go('/');
    await bob.openRoom('Harbour crew');
    same(await bob.composer().inputValue(), 'not finished');
    await bob.composer().fill('');
  });

  await check('a direct conversation is made by searching for the person', async () => {
    await ana.page.getByRole('button', { name: 'New conversation' }).first().click();
    await ana.page.getByRole('button', { name: 'One person' }).click();
    await ana.page.getByPlaceholder('Search by user name').fill(bob.username);
    await ana.page
      .getByRole('dialog')
      .getByRole('button', { name: `@${bob.username}` })
      .click();
    await ana.page.getByRole('heading', { name: 'Bob', level: 2 }).waitFor();
    await ana.page.locator('.room-about').getByText('Online').waitFor();
    await ana.say('Just us two');
    await bob.row('Ana').getByText('Just us two').waitFor();
    await bob.openRoom('Ana');
    await ana.tickTurns('Just us two', 'read');
  });
  await ana.shot('05-direct');

  await check('who leaves is shown as gone', async () => {
    await bob.page.close();
    await ana.page
      .locator('.room-about')
      .getByText(/Last seen|Offline/)
      .waitFor({ timeout: 20_000 });
  });
}
