export const about = 'two people in one browser, one person on two devices, sessions that end';

import { check, same, until } from '../report.mjs';

/** @param {import('../world.mjs').World} world */
export async function play(world) {
  const ana = await world.person('Ana');
  await ana.signUp();
  const room = await ana.makeRoom('Mirror');
  const link = await ana.invite();

  await check(
    'a second window of the same browser can be somebody else, by the invitation',
    async () => {
      const second = await ana.newPage();
      await second.goto(ana.network.origin + link);
      await second.getByRole('button', { name: 'Continue as Ana' }).waitFor();
      await world.shot(second, '40-continue-as');
      await second.getByRole('button', { name: 'Continue as someone else' }).click();
      await second.getByLabel('User name').fill(`mirror-${ana.username}`);
      await second.getByLabel('Your name, as others see it').fill('Mirror Ana');
      await second.getByLabel('Password').fill(ana.password);
      await second.getByRole('button', { name: 'Make my account' }).click();
      await second.getByRole('heading', { name: 'Mirror', level: 2 }).waitFor();
      await second.getByLabel('Write a message').fill('from the other window');
      await second.keyboard.press('Enter');
      await ana.sees('from the other window');
      await ana.say('and back');
      await second.locator('.message').filter({ hasText: 'and back' }).waitFor();
    },
  );
  await check('both windows stay who they are over a reload', async () => {
    await ana.page.reload();
    await ana.page.getByRole('button', { name: 'Your account: Ana', exact: true }).waitFor();
    const [, second] = ana.context.pages();
    await second?.reload();
    await second?.getByRole('button', { name: 'Your account: Mirror Ana' }).waitFor();
    await second?.close();
  });
  await check('the menu offers the other account, and another still', async () => {
    await ana.page.getByRole('button', { name: /Your account/ }).click();
    await ana.page.getByRole('menuitem', { name: 'Switch to Mirror Ana' }).waitFor();
    await ana.page.getByRole('menuitem', { name: 'Add another account' }).waitFor();
    await ana.shot('41-menu');
    await ana.page.keyboard.press('Escape');
  });

  const bob = await world.person('Bob');
  await bob.signUp(link);
  const phone = await world.person('Bob');
  phone.username = bob.username;
  await check('a wrong password is said plainly', async () => {
    phone.password = 'wrong horse battery';
    await phone.go('/sign-in');
    await phone.page.getByLabel('User name').fill(phone.username);
    await phone.page.getByLabel('Password').fill(phone.password);
    await phone.page.getByRole('button', { name: 'Sign in' }).click();
    await phone.page.getByText('That user name and password do not belong together.').waitFor();
  });
  phone.password = bob.password;
  await phone.signIn();
  await bob.go('/');
  await check(
    'what is unread is the same on both devices, and reading on one clears the other',
    async () => {
      await ana.say('to both of you');
      for (const device of [bob, phone])
        await device
          .row('Mirror')
          .getByLabel(/1 unread/)
          .waitFor();
      await phone.openRoom('Mirror');
      await until(
        async () =>
          (await bob
            .row('Mirror')
            .getByLabel(/unread/)
            .count()) === 0,
        'the badge goes on the other device',
      );
    },
  );
  await check('the same message sent on one device is shown on the other', async () => {
    await bob.openRoom('Mirror');
    await phone.say('from my phone');
    await bob.sees('from my phone');
    await ana.sees('from my phone');
    await until(
      async () => (await bob.tickOf('from my phone')) === (await phone.tickOf('from my phone')),
      'the same ticks',
    );
  });
  await check('a session ended elsewhere leads to the door, with a word why', async () => {
    await phone.page.getByRole('button', { name: /Your account/ }).click();
    await phone.page.getByRole('menuitem', { name: 'Where you are signed in' }).click();
    await phone.page.getByRole('button', { name: 'End', exact: true }).first().waitFor();
    await phone.shot('42-sessions');
    await phone.page.getByRole('button', { name: 'End', exact: true }).first().click();
    await bob.page.getByText(/Your session has ended/).waitFor({ timeout: 5_000 });
    await phone.page.keyboard.press('Escape');
  });
  await check('a password is changed, and the old one opens nothing any more', async () => {
    const other = await world.person('Bob');
    other.username = phone.username;
    await other.signIn();
    await phone.page.getByRole('button', { name: /Your account/ }).click();
    await phone.page.getByRole('menuitem', { name: 'Change password' }).click();
    const [old, fresh, again] = [
      'Password until now',
      /^New password(?!,)/,
      'New password, once more',
    ];
    await phone.page.getByLabel(old).fill('not my password');
    await phone.page.getByLabel(fresh).fill('battery staple horse');
    await phone.page.getByLabel(again).fill('battery staple house');
    const change = phone.page.getByRole('button', { name: 'Change password' });
    await change.click();
    await phone.page.getByText('The new password is not the same both times.').waitFor();
    await phone.page.getByLabel(again).fill('battery staple horse');
    await change.click();
    await phone.page.getByText('That is not your password until now.').waitFor();
    await phone.shot('43-password');
    await phone.page.getByLabel(old).fill(phone.password);
    await phone.page.keyboard.press('Enter');
    await phone.page.getByRole('dialog', { name: 'Your password is changed' }).waitFor();
    await phone.page.keyboard.press('Enter');
    await other.page.getByText(/Your session has ended/).waitFor({ timeout: 5_000 });
    await other.page.getByLabel('User name').fill(other.username);
    await other.page.getByLabel('Password').fill(other.password);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('That user name and password do not belong together.').waitFor();
    phone.password = other.password = 'battery staple horse';
    await other.signIn();
    await other.getUp();
    world.people.splice(world.people.indexOf(other), 1);
  });
  await check('one’s name and status reach the others', async () => {
    await phone.page.getByRole('button', { name: /Your account/ }).click();
    await phone.page.getByRole('menuitem', { name: 'Name and status' }).click();
    await phone.page.getByLabel('Your name, as others see it').fill('Bobby');
    await phone.page.getByRole('textbox', { name: 'Status' }).fill('at the sea');
    await phone.page.getByRole('button', { name: 'Save' }).click();
    await ana.page.getByText('Bobby', { exact: true }).first().waitFor();
  });
  await check('invisible is shown as gone', async () => {
    await ana.page.getByText('1 other online').waitFor();
    await phone.page.getByRole('button', { name: /Your account/ }).click();
    await phone.page.getByRole('menuitemradio', { name: 'Invisible' }).click();
    await ana.page.getByText('1 other online').waitFor({ state: 'detached' });
  });
  await check('a room can be renamed, and who was removed is out', async () => {
    await ana.page.getByRole('button', { name: 'More about this room' }).click();
    await ana.page.getByRole('menuitem', { name: 'Name and description' }).click();
    await ana.page.getByLabel('Name', { exact: true }).fill('Looking glass');
    await ana.page.getByRole('button', { name: 'Save' }).click();
    await phone.page.getByRole('heading', { name: 'Looking glass', level: 2 }).waitFor();
    await ana.page.getByRole('button', { name: 'Members' }).click();
    await ana.page.getByRole('button', { name: 'What to do with Bobby' }).click();
    await ana.page.getByRole('menuitem', { name: 'Remove from the room' }).click();
    await phone.page.getByText('No such conversation').waitFor();
    await ana.page.keyboard.press('Escape');
    same(await phone.row('Looking glass').count(), 0);
  });
  await check('a channel is found and joined in the directory', async () => {
    const name = `weather ${room.slice(-6)}`;
    await ana.makeRoom(name, 'Channel');
    await phone.go('/channels');
    await phone.page.getByPlaceholder('Search channels').fill(name);
    await phone.page.getByRole('button', { name: 'Join' }).click();
    await phone.page.getByRole('heading', { name, level: 2 }).waitFor();
    await phone.say('windy today');
    await ana.sees('windy today');
  });
  await check('signing out leaves nothing of the account', async () => {
    await phone.page.getByRole('button', { name: /Your account/ }).click();
    await phone.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await phone.page.getByRole('button', { name: 'Sign in' }).waitFor();
    const kept = await phone.page.evaluate(() =>
      Object.keys(localStorage).filter((key) => key !== 'tidings.theme'),
    );
    same(kept, []);
  });
}
