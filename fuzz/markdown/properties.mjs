/**
 * What must be true of everything that is drawn of a message.
 *
 * It consists of the allowed elements and attributes; links lead to http, https or mailto, elsewhere,
 * and vouch for nothing; a browser that reads it builds the very same tree; it is not much longer than
 * the text; and twice the text takes about twice the time, whatever is repeated in it.
 */
import assert from 'node:assert';

const TAGS = new Set(
  'a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong table tbody td th thead tr ul'.split(' '),
);
const ATTRIBUTES = new Set(['href', 'class', 'start', 'align', 'target', 'rel']);

/** `message_text_bytes_max` of the server. */
export const TEXT_BYTES_MAX = 16 * 1024;
/** Below this nobody waits. */
const LONG_MS = 500;
/** Above this everybody does. */
const LONGEST_MS = 20_000;
const GROWTH_MAX = 2;
/** A link of four letters brings its attributes along. */
const CHARS_PER_CHAR = 40;

/** Holds what was drawn of a source against all but time. */
export function checkDrawn(document, source, html) {
  const place = document.createElement('div');
  place.innerHTML = html;
  place.querySelectorAll('*').forEach(checkElement);
  const most = 1000 + CHARS_PER_CHAR * source.length;
  assert.ok(html.length <= most, `${html.length} characters of ${source.length}`);
  const again = document.createElement('div');
  again.innerHTML = place.innerHTML;
  assert.equal(withoutFirstLineEnds(again.innerHTML), withoutFirstLineEnds(place.innerHTML));
  // What has no element DOMPurify hands on as it is, and may have spelled its letters otherwise.
  if (!html.includes('<')) return;
  assert.equal(withoutFirstLineEnds(place.innerHTML), withoutFirstLineEnds(html));
}

/** A browser drops a line end at the very beginning of `<pre>`. */
const withoutFirstLineEnds = (html) => html.replace(/<pre>\n+/g, '<pre>');

function checkElement(element) {
  const name = element.localName;
  assert.equal(element.namespaceURI, 'http://www.w3.org/1999/xhtml', name);
  assert.ok(TAGS.has(name), `<${name}>`);
  for (const attribute of element.attributes) {
    assert.ok(ATTRIBUTES.has(attribute.name), `<${name} ${attribute.name}>`);
  }
  if (name !== 'a') {
    assert.ok(!element.hasAttribute('href') && !element.hasAttribute('target'), name);
    return;
  }
  assert.equal(element.getAttribute('rel'), 'noopener noreferrer nofollow ugc');
  assert.equal(element.getAttribute('target'), '_blank');
  const href = element.getAttribute('href');
  // Without a scheme it would lead to this very server.
  if (href !== null) assert.match(href, /^(https?|mailto):/i);
  if (href !== null && URL.canParse(href)) {
    assert.match(new URL(href).protocol, /^(https?|mailto):$/);
  }
}

/**
 * The source over and over, as long as a message may be. When that takes long, four times the text must
 * not take much more than four times as long: the DOM of the tests is many times slower than a
 * browser's, but not in another proportion.
 */
export function checkTime(render, source) {
  const bytes = Buffer.byteLength(source);
  if (bytes === 0) return;
  const times = Math.max(4, Math.floor(TEXT_BYTES_MAX / bytes));
  const longMs = drawMs(render, source.repeat(times));
  if (longMs <= LONG_MS) return;
  const shortMs = drawMs(render, source.repeat(times / 4));
  const told = `${times} times the text took ${longMs} ms to draw, a quarter of it ${shortMs} ms`;
  assert.ok(longMs <= 4 * GROWTH_MAX * shortMs && longMs <= LONGEST_MS, told);
}

/** The best of three, because a processor has other things to do as well. */
function drawMs(render, text) {
  let bestMs = Infinity;
  for (let tries = 0; tries < 3; tries += 1) {
    const before = process.cpuUsage();
    render(text);
    bestMs = Math.min(bestMs, cpuMs(before));
    if (bestMs <= LONG_MS) break;
  }
  return bestMs;
}

/** Processor time of this process since then. */
export function cpuMs(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
