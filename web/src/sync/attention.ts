/** Whether somebody is looking at this window. Reading counts only while they are. */

/** A window that nobody looked at for so long makes its user "away". */
export const AWAY_AFTER_MS = 5 * 60_000;

export function isAttentive(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

export interface AttentionEvents {
  returned: () => void;
  away: () => void;
}

/** Calls back when the person comes and when they have been gone for long; gives the way to stop. */
export function watchAttention({ returned, away }: AttentionEvents): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (isAttentive()) returned();
    else timer = setTimeout(away, AWAY_AFTER_MS);
  };
  const signals: [EventTarget, string][] = [
    [document, 'visibilitychange'],
    [window, 'focus'],
    [window, 'blur'],
  ];
  for (const [target, name] of signals) target.addEventListener(name, look);
  return () => {
    clearTimeout(timer);
    for (const [target, name] of signals) target.removeEventListener(name, look);
  };
}
