/**
 * The web client in a real browser against the real server. `npm run e2e [scenario…]`
 *
 * TIDINGS_BIN: the server (target/release/tidings); CHROMIUM: the browser (/usr/bin/chromium);
 * TIDINGS_SCREENSHOTS: where pictures go (a folder under the system's temporary one).
 */
import { check, close, same } from './report.mjs';
import * as accounts from './scenarios/accounts.mjs';
import * as chat from './scenarios/chat.mjs';
import * as cut from './scenarios/cut.mjs';
import * as history from './scenarios/history.mjs';
import * as hostile from './scenarios/hostile.mjs';
import * as looks from './scenarios/looks.mjs';
import * as rooms from './scenarios/rooms.mjs';
import * as silence from './scenarios/silence.mjs';
import { World } from './world.mjs';

const scenarios = { chat, cut, history, rooms, hostile, accounts, looks, silence };

const chosen = process.argv.slice(2);
const world = await World.begin();
try {
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.log(`\n${name}: ${scenario.about}`);
    await check(`${name} runs to its end`, () => scenario.play(world));
    const complaints = await world.everybodyGoes();
    await check(`${name}: no page complained`, () => same(complaints, []));
  }
} finally {
  await world.end();
}
console.log(`\npictures in ${world.pictures}`);
process.exitCode = close() ? 0 : 1;
