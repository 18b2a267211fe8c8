import { describe, expect, it } from 'vitest';
import type { Refusal } from '../api/types.ts';
import * as o from './outbox.ts';

class Play {
  state = o.initial;
  now_ms = 0;
  did: string[] = [];

  put(...inputs: o.Input[]): this {
    for (const input of inputs) {
      const [next, effects] = o.step(this.state, input, this.now_ms);
      this.state = next;
      this.did.push(
        ...effects.map(
          (e) => `${e.type} ${e.type === 'forget' ? e.client_id : e.letter.client_id}`,
        ),
      );
    }
    return this;
  }

  after(ms: number): this {
    this.now_ms += ms;
    return this.put({ type: 'tick' });
  }

  take(): string[] {
    return this.did.splice(0);
  }

  states(): string[] {
    return this.state.entries.map(({ letter, state }) => `${letter.client_id} ${state.name}`);
  }
}

const write = (client_id: string, room = 'r'): o.Input => ({
  type: 'written',
  letter: { room, client_id, text: client_id, written_at_ms: 0 },
});
const ack = (client_id: string, seq = 1): o.Input => ({ type: 'acked', client_id, seq, at_ms: 1 });
const refuse = (client_id: string, more: Partial<Refusal>): o.Input => ({
  type: 'refused',
  client_id,
  refusal: { type: 'refusal', id: 1, code: 'x', retryable: false, outcome: 'not_done', ...more },
});
const on: o.Input = { type: 'connected' };
const off: o.Input = { type: 'disconnected' };

describe('outbox', () => {
  it('saves before it sends, and forgets once acknowledged', () => {
    const play = new Play().put(on, write('a'));
    expect(play.take()).toEqual(['save a', 'send a']);
    expect(play.put(ack('a')).take()).toEqual(['forget a']);
    expect(play.states()).toEqual(['a sent']);
    expect(play.put({ type: 'confirmed', client_ids: ['a'] }).states()).toEqual([]);
  });

  it('sends one at a time in each room, in order, and rooms side by side', () => {
    const play = new Play().put(on, write('a'), write('b'), write('x', 's'));
    expect(play.take().filter((did) => did.startsWith('send'))).toEqual(['send a', 'send x']);
    expect(play.put(ack('a')).take()).toEqual(['forget a', 'send b']);
  });

  it('keeps what is written while disconnected and sends it in order afterwards', () => {
    const play = new Play().put(write('a'), write('b'), write('c'));
    expect(play.take()).toEqual(['save a', 'save b', 'save c']);
    play.put(on, ack('a'), ack('b'), ack('c'));
    expect(play.take().filter((did) => did.startsWith('send'))).toEqual([
      'send a',
      'send b',
      'send c',
    ]);
  });

  it('sends again what was under way when the connection broke', () => {
    const play = new Play().put(on, write('a'), off);
    play.take();
    expect(play.states()).toEqual(['a queued']);
    expect(play.put(on).take()).toEqual(['send a']);
  });

  it('sends again after five seconds without an answer, not before', () => {
    const play = new Play().put(on, write('a'));
    play.take();
    expect(o.nextWake(play.state)).toBe(5_000);
    expect(play.after(4_999).take()).toEqual([]);
    expect(play.after(1).take()).toEqual(['send a']);
    expect(play.put(ack('a'), ack('a')).states()).toEqual(['a sent']);
  });

  it('waits as long as a retryable refusal says, holding back what follows', () => {
    const play = new Play().put(on, write('a'), write('b'));
    play.take();
    play.put(refuse('a', { code: 'rate_limited', retryable: true, retry_after_ms: 900 }));
    expect(play.states()).toEqual(['a waiting', 'b queued']);
    expect(play.after(899).take()).toEqual([]);
    expect(play.after(1).take()).toEqual(['send a']);
  });

  it('marks what was refused for good and goes on with the next', () => {
    const play = new Play().put(on, write('a'), write('b'));
    play.take();
    play.put(refuse('a', { code: 'archived' }));
    expect(play.take()).toEqual(['save a', 'send b']);
    expect(play.states()).toEqual(['a failed', 'b sending']);
  });

  it('tries a failed one again under the same client id, or discards it', () => {
    const play = new Play().put(on, write('a'), refuse('a', {}));
    play.take();
    expect(play.put({ type: 'again', client_id: 'a' }).take()).toEqual(['save a', 'send a']);
    play.put(refuse('a', {}));
    play.take();
    expect(play.put({ type: 'discarded', client_id: 'a' }).take()).toEqual(['forget a']);
    expect(play.states()).toEqual([]);
  });

  it('survives a reload: what was queued is sent, what had failed has failed', () => {
    const letters: o.Letter[] = [
      { room: 'r', client_id: 'a', text: 'a', written_at_ms: 0 },
      {
        room: 'r',
        client_id: 'b',
        text: 'b',
        written_at_ms: 0,
        failed: { code: 'x', detail: 'y' },
      },
    ];
    const play = new Play().put({ type: 'restored', letters }, { type: 'restored', letters }, on);
    expect(play.take()).toEqual(['send a']);
    expect(play.states()).toEqual(['a sending', 'b failed']);
  });

  it('is not undone by a late refusal of a repeat', () => {
    const play = new Play().put(on, write('a'), ack('a'), refuse('a', {}));
    expect(play.states()).toEqual(['a sent']);
  });

  it('takes the event for the ack when that comes first', () => {
    const play = new Play().put(on, write('a'), write('b'));
    play.take();
    play.put({ type: 'confirmed', client_ids: ['a'] });
    expect(play.take()).toEqual(['forget a', 'send b']);
  });
});
