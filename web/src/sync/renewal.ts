/** When an access token is renewed while the connection lives. Pure. */

/** So long before it expires; a token of a short life, at half of what is left. */
export const RENEW_BEFORE_MS = 60_000;
/** Never more often than this. */
export const RENEW_EVERY_MS = 3_000;
/** A token that was never good by this machine's clock: the clock is wrong, and the server decides. */
export const CLOCK_WRONG_MS = 30_000;

export function renewIn(left_ms: number): number {
  if (left_ms <= 0) return CLOCK_WRONG_MS;
  return Math.max(RENEW_EVERY_MS, left_ms - Math.min(RENEW_BEFORE_MS, left_ms / 2));
}
