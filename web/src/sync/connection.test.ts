import { describe, expect, it } from 'vitest';
import * as c from './connection.ts';

/** Plays inputs one after another and keeps what the machine asked for. */
class Play {
  state = c.initial;
  now_ms = 1_000_000;
  random = 0.5;
  asked: string[] = [];

  put(...inputs: c.Input[]): this {
    for (const input of inputs) {
      const [next, effects] = c.step(this.state, input, this);
      this.state = next;
      this.asked.push(...effects.map(({ type }) => type));
    }
    return this;
  }

  after(ms: number): this {
    this.now_ms += ms;
    return this.put({ type: 'tick' });
  }

  live(): this {
    return this.put(
      { type: 'start', cursor: 'c0' },
      { type: 'token', token: 't' },
      { type: 'opened' },
      { type: 'welcomed', cursor: 'c1' },
    );
  }

  take(): string[] {
    return this.asked.splice(0);
  }
}

function waitOf(play: Play): number {
  const { phase } = play.state;
  if (phase.name !== 'waiting') throw new Error(`not waiting but ${phase.name}`);
  return phase.until_ms - play.now_ms;
}

describe('connection', () => {
  it('gets a token, opens, says hello with the cursor, and is live', () => {
    const play = new Play().live();
    expect(play.take()).toEqual(['get_token', 'open', 'hello']);
    expect(play.state.phase.name).toBe('live');
    expect(play.state.cursor).toBe('c1');
  });

  it('waits with full jitter that doubles to thirty seconds', () => {
    const play = new Play();
    play.random = 0.999_999;
    play.put({ type: 'start', cursor: undefined });
    const waits = Array.from({ length: 8 }, () => {
      play.put({ type: 'token_failed', signedOut: false });
      const wait = waitOf(play);
      play.after(wait);
      return Math.round(wait);
    });
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    play.random = 0;
    play.put({ type: 'token_failed', signedOut: false });
    expect(waitOf(play)).toBe(0);
  });

  it('pings after thirty silent seconds and gives up ten seconds later', () => {
    const play = new Play().live();
    play.take();
    expect(play.after(29_999).take()).toEqual([]);
    expect(play.after(1).take()).toEqual(['ping']);
    expect(play.after(9_999).take()).toEqual([]);
    expect(play.after(1).take()).toEqual(['close']);
    expect(play.state.phase.name).toBe('waiting');
  });

  it('takes any frame for life', () => {
    const play = new Play().live();
    play.after(30_000).put({ type: 'heard' }).take();
    expect(play.after(29_000).take()).toEqual([]);
    expect(play.state.phase.name).toBe('live');
  });

  it('asks for another token when the server closes with 41xx', () => {
    const play = new Play().live().put({ type: 'closed', code: 4101 });
    const wait = waitOf(play);
    play.after(wait);
    expect(play.state.tokenSpent).toBe(true);
    expect(play.put({ type: 'token', token: 't2' }).state.tokenSpent).toBe(false);
  });

  it('is signed out by 4102 and by a hello refused as revoked', () => {
    expect(new Play().live().put({ type: 'closed', code: 4102 }).take()).toContain('signed_out');
    const play = new Play().put(
      { type: 'start', cursor: undefined },
      { type: 'token', token: 't' },
      { type: 'opened' },
      { type: 'hello_refused', code: 'session_revoked' },
    );
    expect(play.take()).toContain('signed_out');
  });

  it.each([4200, 4201, 4299, 1002, 1009])('stops for good at %i', (code) => {
    const play = new Play().live().put({ type: 'closed', code });
    expect(play.state.phase).toEqual({ name: 'stopped', why: 'refused' });
    expect(play.after(1e9).put({ type: 'nudge' }).state.phase.name).toBe('stopped');
  });

  it.each([1000, 1001, 1006, 1013, 4000, 4003, 4050])('comes back after %i', (code) => {
    const play = new Play().live().put({ type: 'closed', code });
    play.after(waitOf(play));
    expect(play.state.phase.name).toBe('token');
  });

  it('comes back when the server said', () => {
    const play = new Play().live();
    play.put({ type: 'reconnect', after_ms: 1234 }, { type: 'closed', code: 4000 });
    expect(waitOf(play)).toBe(1234);
  });

  it('keeps counting failures when connections die young, and forgets them when one settled', () => {
    const play = new Play().live().put({ type: 'closed', code: 1006 });
    expect(play.state.failures).toBe(1);
    play
      .after(waitOf(play))
      .put({ type: 'token', token: 't' }, { type: 'opened' }, { type: 'welcomed', cursor: 'c' });
    play.put({ type: 'closed', code: 1006 });
    expect(play.state.failures).toBe(2);
    play
      .after(waitOf(play))
      .put({ type: 'token', token: 't' }, { type: 'opened' }, { type: 'welcomed', cursor: 'c' });
    play.now_ms += c.SETTLED_MS;
    play.put({ type: 'closed', code: 1006 });
    expect(play.state.failures).toBe(1);
  });

  it('tries at once when asked to or when the network is back', () => {
    for (const input of [{ type: 'nudge' }, { type: 'network', online: true }] as const) {
      const play = new Play().live().put({ type: 'closed', code: 1006 });
      play.take();
      expect(play.put(input).take()).toEqual(['get_token']);
    }
  });

  it('does not cut a live socket on the browser’s word, but asks it', () => {
    const play = new Play().live();
    play.take();
    expect(play.put({ type: 'network', online: false }).take()).toEqual(['ping']);
    expect(play.state.phase.name).toBe('live');
  });

  it('gives up a step that takes too long', () => {
    const play = new Play().put(
      { type: 'start', cursor: undefined },
      { type: 'token', token: 't' },
    );
    play.after(c.STEP_MS);
    expect(play.state.phase.name).toBe('waiting');
  });

  it('comes back with the last checkpoint’s cursor', () => {
    const play = new Play()
      .live()
      .put({ type: 'checkpoint', cursor: 'c9' }, { type: 'closed', code: 1006 });
    play.after(waitOf(play)).put({ type: 'token', token: 't' });
    const [, effects] = c.step(play.state, { type: 'opened' }, play);
    expect(effects).toEqual([{ type: 'hello', token: 't', cursor: 'c9' }]);
  });
});
