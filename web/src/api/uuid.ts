/**
 * UUIDv7 (RFC 9562): sorted by the time of making, and made here so that a send has its name before it leaves.
 *
 * *Invariant*: two ids of one page never compare the wrong way round, even within one millisecond.
 */

let last_ms = 0;
let counter = 0;

export function uuidv7(now_ms: number = Date.now()): string {
  // crypto.randomUUID is missing on plain http; getRandomValues is always there.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  stampOf(now_ms, bytes);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** Writes time, version, variant and, in `rand_a`, a counter that rises within a millisecond. */
function stampOf(now_ms: number, bytes: Uint8Array): void {
  if (now_ms > last_ms) {
    last_ms = now_ms;
    counter = (bytes[6] ?? 0) & 0x7f;
  } else if (++counter > 0xfff) {
    last_ms += 1;
    counter = 0;
  }
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(last_ms / 2 ** 32));
  view.setUint32(2, last_ms % 2 ** 32);
  view.setUint16(6, 0x7000 | counter);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
}
