// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { plainOf } from './plain.ts';
import { renderMarkdown } from './markdown.ts';

function drawn(source: string): HTMLElement {
  const place = document.createElement('div');
  place.innerHTML = renderMarkdown(source);
  return place;
}

describe('markdown', () => {
  it('draws what people use', () => {
    const place = drawn(
      '**b** *i* ~~d~~ `c`\n\n- one\n- two\n\n> said\n\n```js\nlet a = 1 < 2;\n```',
    );
    expect(place.querySelector('strong')?.textContent).toBe('b');
    expect(place.querySelectorAll('li')).toHaveLength(2);
    expect(place.querySelector('blockquote')?.textContent.trim()).toBe('said');
    expect(place.querySelector('pre code')?.textContent).toBe('let a = 1 < 2;\n');
  });

  it('keeps single line breaks', () => {
    expect(drawn('one\ntwo').querySelectorAll('br')).toHaveLength(1);
  });

  it('shows HTML as text', () => {
    const source = '<script>alert(1)</script> <img src=x onerror=alert(1)> <b onclick="x()">hi</b>';
    const place = drawn(source);
    expect(place.querySelector('script, img, b')).toBeNull();
    expect(place.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java&#x73;cript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x)',
    '[x](//evil.example "t")',
    '<javascript:alert(1)>',
  ])('makes no link of %s', (source) => {
    expect(drawn(source).querySelector('a[href]')).toBeNull();
  });

  it('opens links elsewhere and vouches for nothing', () => {
    const link = drawn('see https://example.org/a?b=c').querySelector('a');
    expect(link?.getAttribute('href')).toBe('https://example.org/a?b=c');
    expect(link?.getAttribute('rel')).toBe('noopener noreferrer nofollow ugc');
    expect(link?.getAttribute('target')).toBe('_blank');
  });

  it('loads no picture, but links to it', () => {
    const place = drawn('![cat](https://example.org/cat.png)');
    expect(place.querySelector('img')).toBeNull();
    expect(place.querySelector('a')?.textContent).toBe('cat');
  });

  it('marks mentions outside of code', () => {
    const place = drawn('hi @ana, not a@b.example, `@code`');
    expect([...place.querySelectorAll('.mention')].map(({ textContent }) => textContent)).toEqual([
      '@ana',
    ]);
  });

  it.each([
    ['quotes', '>'.repeat(16_000)],
    ['brackets', '['.repeat(16_000)],
    ['stars', '*a '.repeat(5_000)],
    ['backticks', '`'.repeat(16_000)],
    ['lists', Array.from({ length: 180 }, (_, n) => `${' '.repeat(n)}- x`).join('\n')],
    ['links', '[a](b'.repeat(3_000)],
  ])('is done in time with a message full of %s', (_, source) => {
    const start = performance.now();
    renderMarkdown(source.slice(0, 16_384));
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('plain words', () => {
  it('drops the marks and keeps the words', () => {
    expect(plainOf('> **Hello** [there](https://x.example)\n`now`')).toBe('Hello there now');
  });
});
