/**
 * What was written and is not yet confirmed, in the order of writing, as a pure machine.
 *
 * *Ordering*: one send a room is under way at a time, so that a refusal in the middle cannot let a
 * later message overtake an earlier one. *Invariant*: an entry keeps its client id over every resend,
 * so repeats are harmless; it is on disk from before its first send until its ack, and on screen until
 * the event itself has come.
 */
import type { ClientId, MessageBody, Refusal, RoomId, Seq } from '../api/types.ts';

/** A send that was not answered for so long is sent again. */
export const RESEND_AFTER_MS = 5_000;
/** When a refusal is retryable and does not say when. */
export const RETRY_AFTER_MS = 2_000;

export type SendState =
  | { name: 'queued' }
  | { name: 'sending'; since_ms: number }
  | { name: 'waiting'; until_ms: number; code: string }
  | { name: 'sent'; seq: Seq; at_ms: number }
  | { name: 'failed'; code: string; detail: string };

/** What is kept over a reload. */
export interface Letter extends MessageBody {
  room: RoomId;
  client_id: ClientId;
  written_at_ms: number;
  failed?: { code: string; detail: string };
}

export interface Outgoing {
  letter: Letter;
  state: SendState;
}

export interface Outbox {
  entries: readonly Outgoing[];
  connected: boolean;
}

export type Input =
  | { type: 'restored'; letters: readonly Letter[] }
  | { type: 'written'; letter: Letter }
  | { type: 'connected' }
  | { type: 'disconnected' }
  | { type: 'acked'; client_id: ClientId; seq: Seq; at_ms: number }
  | { type: 'refused'; client_id: ClientId; refusal: Refusal }
  /** The event itself is here, or another window has done the sending. */
  | { type: 'confirmed'; client_ids: readonly ClientId[] }
  | { type: 'discarded'; client_id: ClientId }
  | { type: 'again'; client_id: ClientId }
  | { type: 'room_gone'; room: RoomId }
  | { type: 'tick' };

export type Effect =
  | { type: 'send'; letter: Letter }
  | { type: 'save'; letter: Letter }
  | { type: 'forget'; client_id: ClientId };

export type Step = [Outbox, Effect[]];

export const initial: Outbox = { entries: [], connected: false };

export function step(outbox: Outbox, input: Input, now_ms: number): Step {
  const [changed, effects] = react(outbox, input, now_ms);
  const [pumped, sends] = pump(changed, now_ms);
  return [pumped, [...effects, ...sends]];
}

/** When `tick` is due next. */
export function nextWake(outbox: Outbox): number | undefined {
  if (!outbox.connected) return undefined;
  const times = outbox.entries.flatMap(({ state }) => {
    if (state.name === 'sending') return [state.since_ms + RESEND_AFTER_MS];
    return state.name === 'waiting' ? [state.until_ms] : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

function react(outbox: Outbox, input: Input, now_ms: number): Step {
  switch (input.type) {
    case 'restored':
      return [restore(outbox, input.letters), []];
    case 'written':
      return [
        {
          ...outbox,
          entries: [...outbox.entries, { letter: input.letter, state: { name: 'queued' } }],
        },
        [{ type: 'save', letter: input.letter }],
      ];
    case 'connected':
      return [{ ...requeued(outbox), connected: true }, []];
    case 'disconnected':
      return [{ ...requeued(outbox), connected: false }, []];
    case 'acked':
      return [
        change(outbox, input.client_id, () => ({
          name: 'sent',
          seq: input.seq,
          at_ms: input.at_ms,
        })),
        [{ type: 'forget', client_id: input.client_id }],
      ];
    case 'refused':
      return refuse(outbox, input.client_id, input.refusal, now_ms);
    case 'confirmed':
      return drop(outbox, ({ client_id }) => input.client_ids.includes(client_id));
    case 'discarded':
      return drop(outbox, ({ client_id }) => client_id === input.client_id);
    case 'room_gone':
      return drop(outbox, ({ room }) => room === input.room);
    case 'again':
      return again(outbox, input.client_id);
    case 'tick':
      return [outbox, []];
  }
}

function restore(outbox: Outbox, letters: readonly Letter[]): Outbox {
  const known = new Set(outbox.entries.map(({ letter }) => letter.client_id));
  const back = letters
    .filter(({ client_id }) => !known.has(client_id))
    .map((letter): Outgoing => ({
      letter,
      state: letter.failed ? { name: 'failed', ...letter.failed } : { name: 'queued' },
    }));
  return { ...outbox, entries: [...back, ...outbox.entries] };
}

function requeued(outbox: Outbox): Outbox {
  const entries = outbox.entries.map((entry): Outgoing =>
    entry.state.name === 'sending' ? { ...entry, state: { name: 'queued' } } : entry,
  );
  return { ...outbox, entries };
}

function change(outbox: Outbox, id: ClientId, to: (now: SendState) => SendState): Outbox {
  const entries = outbox.entries.map((entry) =>
    entry.letter.client_id === id ? { ...entry, state: to(entry.state) } : entry,
  );
  return { ...outbox, entries };
}

function refuse(outbox: Outbox, id: ClientId, refusal: Refusal, now_ms: number): Step {
  const entry = outbox.entries.find(({ letter }) => letter.client_id === id);
  // A late refusal of a repeat does not undo what another try achieved.
  if (entry?.state.name !== 'sending') return [outbox, []];
  const { code } = refusal;
  if (refusal.retryable) {
    const until_ms = now_ms + (refusal.retry_after_ms ?? RETRY_AFTER_MS);
    return [change(outbox, id, () => ({ name: 'waiting', until_ms, code })), []];
  }
  const failed = { code, detail: refusal.detail ?? code };
  const letter = { ...entry.letter, failed };
  const entries = outbox.entries.map((other): Outgoing =>
    other === entry ? { letter, state: { name: 'failed', ...failed } } : other,
  );
  return [{ ...outbox, entries }, [{ type: 'save', letter }]];
}

function again(outbox: Outbox, id: ClientId): Step {
  const entry = outbox.entries.find(({ letter }) => letter.client_id === id);
  if (entry?.state.name !== 'failed') return [outbox, []];
  const { failed: _, ...letter } = entry.letter;
  const entries = outbox.entries.map((other): Outgoing =>
    other === entry ? { letter, state: { name: 'queued' } } : other,
  );
  return [{ ...outbox, entries }, [{ type: 'save', letter }]];
}

function drop(outbox: Outbox, which: (letter: Letter) => boolean): Step {
  const gone = outbox.entries.filter(({ letter }) => which(letter));
  if (gone.length === 0) return [outbox, []];
  const entries = outbox.entries.filter(({ letter }) => !which(letter));
  return [
    { ...outbox, entries },
    gone.map(({ letter }): Effect => ({ type: 'forget', client_id: letter.client_id })),
  ];
}

/** Sends the first entry of each room that is due. */
function pump(outbox: Outbox, now_ms: number): Step {
  if (!outbox.connected) return [outbox, []];
  const busy = new Set<RoomId>();
  const effects: Effect[] = [];
  const entries = outbox.entries.map((entry): Outgoing => {
    const { letter, state } = entry;
    if (state.name === 'sent' || state.name === 'failed' || busy.has(letter.room)) return entry;
    busy.add(letter.room);
    if (!isDue(state, now_ms)) return entry;
    effects.push({ type: 'send', letter });
    return { letter, state: { name: 'sending', since_ms: now_ms } };
  });
  return effects.length === 0 ? [outbox, []] : [{ ...outbox, entries }, effects];
}

function isDue(state: SendState, now_ms: number): boolean {
  if (state.name === 'sending') return now_ms >= state.since_ms + RESEND_AFTER_MS;
  return state.name === 'queued' || (state.name === 'waiting' && now_ms >= state.until_ms);
}
