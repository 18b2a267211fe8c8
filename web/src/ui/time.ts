/** Times as people read them, in their own language and zone. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const longYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

const DAY_MS = 86_400_000;

export function clockTime(at_ms: number): string {
  return clock.format(at_ms);
}

export function fullTime(at_ms: number): string {
  return full.format(at_ms);
}

/** Today the hour, this week the day, before that the date. */
export function shortTime(at_ms: number, now_ms: number = Date.now()): string {
  if (dayOf(at_ms) === dayOf(now_ms)) return clock.format(at_ms);
  return now_ms - at_ms < 6 * DAY_MS ? weekday.format(at_ms) : date.format(at_ms);
}

/** A local calendar day, as a key. */
export function dayOf(at_ms: number): string {
  return new Date(at_ms).toDateString();
}

export function dayTitle(at_ms: number, now_ms: number = Date.now()): string {
  if (dayOf(at_ms) === dayOf(now_ms)) return 'Today';
  if (dayOf(at_ms) === dayOf(now_ms - DAY_MS)) return 'Yesterday';
  const sameYear = new Date(at_ms).getFullYear() === new Date(now_ms).getFullYear();
  return (sameYear ? longDay : longYear).format(at_ms);
}

/** How long ago somebody was here. */
export function ago(at_ms: number, now_ms: number = Date.now()): string {
  const minutes = Math.max(0, Math.floor((now_ms - at_ms) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return date.format(at_ms);
}
