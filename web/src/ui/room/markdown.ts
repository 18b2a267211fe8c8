/**
 * A message's Markdown as harmless HTML: parsed by marked, sanitised by DOMPurify.
 *
 * *Invariant*: what a person wrote as HTML is shown as text; nothing is loaded from anywhere without a
 * click; links open elsewhere and vouch for nothing.
 */
import createPurify from 'dompurify';
import { Marked, type TokenizerAndRendererExtension } from 'marked';

const TAGS = [
  'a',
  'blockquote',
  'br',
  'code',
  'del',
  'em',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'li',
  'ol',
  'p',
  'pre',
  'span',
  'strong',
  'table',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'ul',
];

/** `@name` of a person, shown as such. Who is meant is decided by the message's `mentions`, not here. */
const mention: TokenizerAndRendererExtension = {
  name: 'mention',
  level: 'inline',
  start: (source) => source.search(/(^|[^\w@.])@[a-z0-9]/i),
  tokenizer(source) {
    const match = /^@[a-z0-9][a-z0-9._-]{1,31}(?<![._-])/i.exec(source);
    return match ? { type: 'mention', raw: match[0] } : undefined;
  },
  renderer: ({ raw }) => `<span class="mention">${escaped(raw)}</span>`,
};

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [mention],
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) =>
      `<a href="${escaped(href)}">${escaped(text === '' ? href : text)}</a>`,
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

const purify = createPurify(window);

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return;
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer nofollow ugc');
});

export function renderMarkdown(source: string): string {
  return purify.sanitize(parsed(source), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'class', 'start', 'align'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

/** Text that nests deeper than the parser can follow is shown as it was written. */
function parsed(source: string): string {
  try {
    return marked.parse(source, { async: false });
  } catch {
    return `<p>${escaped(source)}</p>`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
