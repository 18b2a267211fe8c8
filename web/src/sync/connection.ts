/**
 * When to connect, when to wait, when a silent connection is dead: sections 4.3, 4.4 and 5 of the
 * protocol, as a pure machine. Leaves sockets, timers and tokens to the shell, which carries out the effects.
 *
 * *Invariant*: at most one socket is wanted at a time; every failure ends in `waiting` or `stopped`.
 */
import type { Cursor } from '../api/types.ts';

export const BACKOFF_BASE_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
export const SILENCE_MS = 30_000;
export const PONG_MS = 10_000;
/** Token, upgrade and hello must each be done by then. */
export const STEP_MS = 20_000;
/** A connection that lived so long was a good one: the back-off begins anew after it. */
export const SETTLED_MS = 5_000;

export type Phase =
  | { name: 'idle' }
  | { name: 'waiting'; until_ms: number }
  | { name: 'token'; since_ms: number }
  | { name: 'opening'; since_ms: number; token: string }
  | { name: 'greeting'; since_ms: number }
  | { name: 'live'; since_ms: number; heard_at_ms: number; pinged_at_ms?: number }
  | { name: 'stopped'; why: 'signed_out' | 'refused' };

export interface Connection {
  phase: Phase;
  /** Failures in a row: the n of the back-off. */
  failures: number;
  cursor: Cursor | undefined;
  /** The last token was refused: ask for another than that. */
  tokenSpent: boolean;
  /** What the browser believes of the network. A hint to the reader, no reason not to try. */
  online: boolean;
  /** The server said when to come back. */
  returnAfterMs: number | undefined;
}

export type Input =
  | { type: 'start'; cursor: Cursor | undefined }
  | { type: 'stop' }
  | { type: 'network'; online: boolean }
  /** The person asks to try now, or comes back to the window. */
  | { type: 'nudge' }
  | { type: 'token'; token: string }
  | { type: 'token_failed'; signedOut: boolean }
  | { type: 'opened' }
  | { type: 'closed'; code: number }
  | { type: 'heard' }
  | { type: 'welcomed'; cursor: Cursor }
  | { type: 'hello_refused'; code: string }
  | { type: 'checkpoint'; cursor: Cursor }
  | { type: 'reconnect'; after_ms: number }
  | { type: 'tick' };

export type Effect =
  | { type: 'get_token'; fresh: boolean }
  | { type: 'open' }
  | { type: 'close' }
  | { type: 'hello'; token: string; cursor: Cursor | undefined }
  | { type: 'ping' }
  | { type: 'signed_out' };

/** Time and chance come from outside. `random` is in [0, 1). */
export interface Circumstances {
  now_ms: number;
  random: number;
}

export type Step = [Connection, Effect[]];

export const initial: Connection = {
  phase: { name: 'idle' },
  failures: 0,
  cursor: undefined,
  tokenSpent: false,
  online: true,
  returnAfterMs: undefined,
};

export function step(state: Connection, input: Input, at: Circumstances): Step {
  const { phase } = state;
  if (phase.name === 'stopped' && input.type !== 'start') return [state, []];
  switch (input.type) {
    case 'start':
      return begin({ ...initial, online: state.online, cursor: input.cursor }, at);
    case 'stop':
      return [{ ...state, phase: { name: 'idle' } }, [{ type: 'close' }]];
    case 'network':
      return network({ ...state, online: input.online }, at);
    case 'nudge':
      return nudge(state, at);
    case 'token':
      if (phase.name !== 'token') return [state, []];
      return [
        {
          ...state,
          tokenSpent: false,
          phase: { name: 'opening', since_ms: at.now_ms, token: input.token },
        },
        [{ type: 'open' }],
      ];
    case 'token_failed':
      if (phase.name !== 'token') return [state, []];
      return input.signedOut ? signedOut(state) : fail(state, at);
    case 'opened':
      if (phase.name !== 'opening') return [state, []];
      return [
        { ...state, phase: { name: 'greeting', since_ms: at.now_ms } },
        [{ type: 'hello', token: phase.token, cursor: state.cursor }],
      ];
    case 'welcomed':
      return [
        {
          ...state,
          cursor: input.cursor,
          returnAfterMs: undefined,
          phase: { name: 'live', since_ms: at.now_ms, heard_at_ms: at.now_ms },
        },
        [],
      ];
    case 'hello_refused':
      return helloRefused(state, input.code, at);
    case 'heard':
      if (phase.name !== 'live') return [state, []];
      return [
        { ...state, phase: { name: 'live', since_ms: phase.since_ms, heard_at_ms: at.now_ms } },
        [],
      ];
    case 'checkpoint':
      return [{ ...state, cursor: input.cursor }, []];
    case 'reconnect':
      return [{ ...state, returnAfterMs: input.after_ms }, []];
    case 'closed':
      return closed(state, input.code, at);
    case 'tick':
      return tick(state, at);
  }
}

/** When `tick` is due next. */
export function nextWake(state: Connection): number | undefined {
  const { phase } = state;
  switch (phase.name) {
    case 'waiting':
      return phase.until_ms;
    case 'token':
    case 'opening':
    case 'greeting':
      return phase.since_ms + STEP_MS;
    case 'live':
      return phase.pinged_at_ms === undefined
        ? phase.heard_at_ms + SILENCE_MS
        : phase.pinged_at_ms + PONG_MS;
    default:
      return undefined;
  }
}

function begin(state: Connection, at: Circumstances): Step {
  return [
    { ...state, phase: { name: 'token', since_ms: at.now_ms } },
    [{ type: 'get_token', fresh: state.tokenSpent }],
  ];
}

/** Full jitter: `random(0, min(30 s, 0.5 s × 2^n))`, or what the server asked for. */
function fail(state: Connection, at: Circumstances, least_ms = 0): Step {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** state.failures);
  const delay = state.returnAfterMs ?? Math.max(least_ms, at.random * ceiling);
  return [
    {
      ...state,
      failures: state.failures + 1,
      returnAfterMs: undefined,
      phase: { name: 'waiting', until_ms: at.now_ms + delay },
    },
    [{ type: 'close' }],
  ];
}

function signedOut(state: Connection): Step {
  return [
    { ...state, phase: { name: 'stopped', why: 'signed_out' } },
    [{ type: 'close' }, { type: 'signed_out' }],
  ];
}

function closed(state: Connection, code: number, at: Circumstances): Step {
  const { phase } = state;
  if (phase.name === 'idle' || phase.name === 'waiting' || phase.name === 'token')
    return [state, []];
  if (code === 4102) return signedOut(state);
  if (isFinal(code))
    return [{ ...state, phase: { name: 'stopped', why: 'refused' } }, [{ type: 'close' }]];
  const settled = phase.name === 'live' && at.now_ms - phase.since_ms >= SETTLED_MS;
  const tokenSpent = state.tokenSpent || (code >= 4100 && code < 4200);
  return fail({ ...state, tokenSpent, failures: settled ? 0 : state.failures }, at);
}

/** Codes on which an old client must not come back by itself. */
function isFinal(code: number): boolean {
  return [1002, 1003, 1007, 1009].includes(code) || (code >= 4200 && code < 4300);
}

function helloRefused(state: Connection, code: string, at: Circumstances): Step {
  if (code === 'session_revoked') return signedOut(state);
  const tokenSpent = state.tokenSpent || code === 'token_expired' || code === 'unauthenticated';
  return fail({ ...state, tokenSpent }, at);
}

function network(state: Connection, at: Circumstances): Step {
  // A live socket may well outlive the browser's opinion; a ping finds out within seconds.
  return state.online ? nudge(state, at) : probe(state, at);
}

function nudge(state: Connection, at: Circumstances): Step {
  if (state.phase.name === 'waiting')
    return begin({ ...state, failures: Math.min(state.failures, 3) }, at);
  return probe(state, at);
}

function probe(state: Connection, at: Circumstances): Step {
  const { phase } = state;
  if (phase.name !== 'live' || phase.pinged_at_ms !== undefined) return [state, []];
  return [{ ...state, phase: { ...phase, pinged_at_ms: at.now_ms } }, [{ type: 'ping' }]];
}

function tick(state: Connection, at: Circumstances): Step {
  const due = nextWake(state);
  if (due === undefined || at.now_ms < due) return [state, []];
  const { phase } = state;
  if (phase.name === 'waiting') return begin(state, at);
  if (phase.name !== 'live') return fail(state, at);
  return phase.pinged_at_ms === undefined ? probe(state, at) : closed(state, 4002, at);
}
