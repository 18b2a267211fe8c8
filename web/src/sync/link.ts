/**
 * One socket: commands out, each with its answer, and what the server says by itself in.
 *
 * *Limit*: at most `IN_FLIGHT_MAX` commands are under way; more wait here, in order. When the socket
 * ends, every command that was not answered is answered with nothing.
 */
import type { Ack, Command, Frame, Push, Refusal } from '../api/types.ts';

/** Below the server's 64, so that heartbeats find room. */
export const IN_FLIGHT_MAX = 48;

export type Answer = Ack | Refusal | undefined;

export interface LinkEvents {
  opened(): void;
  heard(): void;
  push(frame: Push): void;
  closed(code: number): void;
}

interface Waiting {
  command: Command;
  answer: (answer: Answer) => void;
}

export class Link {
  private readonly socket: WebSocket;
  private readonly underWay = new Map<number, (answer: Answer) => void>();
  private readonly queue: Waiting[] = [];
  private nextId = 1;
  private ended = false;

  constructor(
    url: string,
    private readonly events: LinkEvents,
  ) {
    this.socket = new WebSocket(url, 'tidings.v1.json');
    this.socket.onopen = () => this.ended || events.opened();
    this.socket.onmessage = (message) => this.receive(message.data);
    this.socket.onclose = (close) => this.end(close.code);
  }

  send(command: Command, answer: (answer: Answer) => void = () => undefined): void {
    this.queue.push({ command, answer });
    this.drain();
  }

  /** Ends it from this side; `closed` is not called. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.close(1000);
    this.abandon();
  }

  private drain(): void {
    while (!this.ended && this.underWay.size < IN_FLIGHT_MAX) {
      const next = this.queue.shift();
      if (!next) return;
      const id = this.nextId++;
      this.underWay.set(id, next.answer);
      this.socket.send(JSON.stringify({ ...next.command, id }));
    }
  }

  private receive(data: unknown): void {
    if (this.ended || typeof data !== 'string') return;
    this.events.heard();
    const frame = JSON.parse(data) as Frame;
    if (frame.type !== 'ack' && frame.type !== 'refusal') {
      this.events.push(frame);
      return;
    }
    const answer = this.underWay.get(frame.id);
    this.underWay.delete(frame.id);
    answer?.(frame);
    this.drain();
  }

  private end(code: number): void {
    if (this.ended) return;
    this.ended = true;
    this.abandon();
    this.events.closed(code);
  }

  private abandon(): void {
    const answers = [...this.underWay.values(), ...this.queue.map(({ answer }) => answer)];
    this.underWay.clear();
    this.queue.length = 0;
    for (const answer of answers) answer(undefined);
  }
}
