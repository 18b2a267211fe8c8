/** A message's source as one line of plain words, for previews and quotes. */

const PREVIEW_CHARS = 160;

export function plainOf(source: string): string {
  return source
    .slice(0, PREVIEW_CHARS * 4)
    .replace(/```\w*\n?/g, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|~~|`)/g, '')
    .replace(/^\s{0,3}(#{1,6}|>)\s?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, PREVIEW_CHARS);
}
