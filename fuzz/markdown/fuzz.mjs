/**
 * Fuzzes the web client's Markdown, guided by the branches that it takes.
 *
 *   node fuzz.mjs --corpus FOLDER [--seconds N] [--seed N] [--artifacts FOLDER] [--merge] [FILE…]
 *
 * Reads the corpus, then changes what it has found for as long as it is told, and keeps what takes a
 * branch that nothing took before, or takes it oftener. With files it only holds those against the
 * properties. With `--merge` the corpus is replaced by the shortest texts that together take the same
 * branches. Leaves with 1 when a property does not hold: prints the shortest text that it finds, and
 * keeps it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fromWeb, load } from './counted.mjs';
import { chance, mutated, shrunk } from './mutations.mjs';
import { checkDrawn, checkTime, cpuMs } from './properties.mjs';

/** Every so many inputs are held against the clock; those that seem slow always. */
const TIMED_EVERY = 500;
const SLOW_MS = 50;
const SLOW_MS_PER_CHAR = 0.3;
const PROGRESS_MS = 5000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    artifacts: { type: 'string', default: '.' },
    merge: { type: 'boolean', default: false },
  },
});

const { JSDOM } = fromWeb('jsdom');
const { window } = new JSDOM('');
const { renderMarkdown, hits } = await load(window);

/** Of each counter, which magnitudes of hits were seen, a bit each. */
const seen = new Uint8Array(hits.length);
let executions = 0;
const began = Date.now();

/** Draws a text; whether that took branches in a new way. */
function runs(text) {
  hits.fill(0);
  executions += 1;
  const before = process.cpuUsage();
  const html = renderMarkdown(text);
  const isSlow = cpuMs(before) > SLOW_MS + SLOW_MS_PER_CHAR * text.length;
  const isNew = note();
  checkDrawn(window.document, text, html);
  if (isSlow || executions % TIMED_EVERY === 0) checkTime(renderMarkdown, text);
  return isNew;
}

/** 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more, as AFL has them. */
const MAGNITUDES = Uint8Array.from({ length: 256 }, (_, n) => {
  if (n === 0) return 0;
  const steps = [1, 2, 3, 4, 8, 16, 32, 128];
  return 1 << steps.findLastIndex((step) => step <= n);
});

function note() {
  let isNew = false;
  for (let index = 0; index < hits.length; index += 1) {
    const magnitude = MAGNITUDES[hits[index]];
    if ((seen[index] & magnitude) !== magnitude) {
      seen[index] |= magnitude;
      isNew = true;
    }
  }
  return isNew;
}

function fails(text) {
  try {
    renderTimed(text);
    return undefined;
  } catch (error) {
    return error;
  }
}

function renderTimed(text) {
  checkDrawn(window.document, text, renderMarkdown(text));
  checkTime(renderMarkdown, text);
}

function report(text, error) {
  const isFailure = (shorter) => fails(shorter)?.code === error.code;
  const short = error.code === undefined ? text : shrunk(text, isFailure);
  const name = createHash('sha1').update(short).digest('hex').slice(0, 12);
  mkdirSync(values.artifacts, { recursive: true });
  const file = join(values.artifacts, `markdown-${name}`);
  writeFileSync(file, short);
  console.error(`\nA property does not hold: ${error.message}`);
  console.error(`The text: ${JSON.stringify(short)}`);
  console.error(`It is drawn as: ${renderMarkdown(short).slice(0, 2000)}`);
  console.error(`Kept as ${file}; repeat it by: fuzz/run repeat markdown ${file}`);
  process.exit(1);
}

function hold(text) {
  try {
    return runs(text);
  } catch (error) {
    return report(text, error);
  }
}

function tell(what, corpus) {
  const branches = seen.reduce((count, magnitudes) => count + (magnitudes > 0 ? 1 : 0), 0);
  const perSecond = Math.round(executions / Math.max(1, (Date.now() - began) / 1000));
  console.log(
    `#${executions}\t${what} cov: ${branches} of: ${hits.length} corp: ${corpus.length} exec/s: ${perSecond}`,
  );
}

const read = (file) => readFileSync(file, 'utf8');
const nameOf = (text) => createHash('sha1').update(text).digest('hex').slice(0, 12);

if (positionals.length > 0) {
  positionals.forEach((file) => hold(read(file)));
  console.log('Every property holds.');
  process.exit(0);
}

const folder = values.corpus;
const kept = readdirSync(folder).map((name) => read(join(folder, name)));
kept.sort((one, other) => one.length - other.length);
const corpus = kept.filter(hold);
if (corpus.length === 0) corpus.push('');
tell('INITED', corpus);

if (values.merge) {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const text of corpus) writeFileSync(join(folder, nameOf(text)), text);
  process.exit(0);
}

const random = chance(Number(values.seed));
const until = began + Number(values.seconds) * 1000;
let toldAt = Date.now();
while (Date.now() < until) {
  // The younger half is where the news are.
  const place = random() < 0.5 ? random() : 0.5 + random() / 2;
  const text = mutated(corpus[Math.floor(place * corpus.length)], corpus, random);
  if (hold(text)) {
    corpus.push(text);
    if (values.artifacts !== '.') writeFileSync(join(folder, nameOf(text)), text);
  }
  if (Date.now() - toldAt > PROGRESS_MS) {
    toldAt = Date.now();
    tell('pulse', corpus);
  }
}
tell('DONE', corpus);
