/** How one text becomes another: by chance, and by the words of Markdown and of who would abuse it. */

const WORDS = [
  '*', '**', '_', '__', '~~', '`', '``', '```', '~~~', '\n', '\n\n', '\n> ', '\n- ', '\n* ', '\n1. ', '\n999999999) ',
  '\n    ', '\t', '  \n', '\n# ', '\n###### ', '\n---\n', '\n===\n', '|', '\n|a|\n|-|\n', '|:-:|', '\n[ ] ', '- [x] ',
  '[', ']', '(', ')', '[x](', '![x](', '](', '](<', '>)', ' "t")', '[a]: ', '[a]', '[a][b]', '![a]', '<', '>',
  '<http://a>', 'https://a.b/c?d=e&f', 'www.a.b', 'a@b.c', 'mailto:a@b', '@ana', '@a.b-', '//a.b', 'http:a', 'ftp://a',
  'javascript:', 'JaVa\tScript:', 'data:text/html,', 'vbscript:', '&#x73;', '&colon;', '&Tab;', '&#0;', '&lt;', '&amp;lt;',
  '&quot;', '&', '"', "'", '<script>', '</script>', '<img src=x onerror=alert(1)>', '<svg><style>', '<math><mtext>',
  '<a href="javascript:1">', '<!--', '-->', '<![CDATA[', ']]>', '</pre>', '</code>', '<p>', '</p>', '<br/>', '<?', '\\',
  '\\(', '\\\n', '\r', '\r\n', '\u0000', '\u202e', '\u00a0', '\u200b', '\ufeff', '\ud800', '\u2028', 'é', '👍🏽', 'İ', 'ſ',
  'x', 'a b', '" onclick="', "' onmouseover='", '\nlang=js\n', '```js" onx="', '{{', '}}', '$&', '__proto__', 'constructor',
];
const CHARS_MAX = 500;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** A text with a few changes; `others` lend theirs. */
export function mutated(text, others, random) {
  const below = (many) => Math.floor(random() * many);
  const pick = (list) => list[below(list.length)];
  const changes = 1 + below(6);
  for (let change = 0; change < changes; change += 1) text = changed(text, others, below, pick);
  return text.slice(0, CHARS_MAX);
}

function changed(text, others, below, pick) {
  const [one, two] = [below(text.length + 1), below(text.length + 1)];
  const [from, to] = one < two ? [one, two] : [two, one];
  const [before, part, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
  switch (below(9)) {
    case 0:
      return before + after;
    case 1:
      return before + part + part + after;
    case 2:
      return before + pick(WORDS).repeat(1 + below(60)) + part + after;
    case 3:
      return before + (part || pick(WORDS)).slice(0, 12).repeat(1 + below(40)) + after;
    case 4: {
      const other = pick(others);
      const start = below(other.length + 1);
      return before + other.slice(start, start + below(200)) + after;
    }
    case 5: {
      const mark = pick(WORDS);
      return before + mark + part + mark + after;
    }
    case 6:
      return before + String.fromCodePoint(pick([below(128), below(0x3000)])) + part + after;
    default:
      return before + pick(WORDS) + part + after;
  }
}

/** Shorter texts of which the same is true, the shortest that is found by leaving parts out. */
export function shrunk(text, isTrue) {
  for (let size = Math.ceil(text.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < text.length; ) {
      const shorter = text.slice(0, at) + text.slice(at + size);
      if (isTrue(shorter)) text = shorter;
      else at += size;
    }
  }
  return text;
}
