/**
 * Carries out what connection.ts decides: opens sockets, says hello, pings, keeps the token fresh, and
 * wakes the machine when its time has come. Leaves what is said over the socket to the shell.
 */
import { SignedOut, type Tokens } from '../accounts/tokens.ts';
import type { Command, Cursor, Push, Welcome } from '../api/types.ts';
import * as connection from './connection.ts';
import { Link, type Answer } from './link.ts';
import { renewIn } from './renewal.ts';

export interface ConnectorEvents {
  /** Before each connection. A cursor, where one was just read by REST. */
  prepare(): Promise<Cursor | undefined>;
  changed(state: connection.Connection): void;
  welcomed(welcome: Welcome): void;
  lost(): void;
  push(frame: Push): void;
  signedOut(): void;
}

export class Connector {
  private state = connection.initial;
  private link: Link | undefined;
  /** The token that the server knows of this socket. */
  private linkToken: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private renewTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly tokens: Tokens,
    private readonly events: ConnectorEvents,
  ) {}

  start(): void {
    this.drive({ type: 'network', online: navigator.onLine });
    this.drive({ type: 'start', cursor: undefined });
    this.planRenewal();
  }

  stop(): void {
    this.drive({ type: 'stop' });
    clearTimeout(this.timer);
    clearTimeout(this.renewTimer);
  }

  isLive(): boolean {
    return this.state.phase.name === 'live';
  }

  /** Without a live connection nothing is sent and the answer is nothing. */
  send(command: Command, answer: (answer: Answer) => void = () => undefined): void {
    if (this.link && this.isLive()) this.link.send(command, answer);
    else answer(undefined);
  }

  network(online: boolean): void {
    this.drive({ type: 'network', online });
  }

  nudge(): void {
    this.drive({ type: 'nudge' });
  }

  /** This window or another one has renewed the token: the live socket is told. */
  tokenChanged(): void {
    const token = this.tokens.access();
    if (this.isLive() && token !== this.linkToken) {
      this.linkToken = token;
      this.send({ type: 'token', token });
    }
    this.planRenewal();
  }

  private drive(input: connection.Input): void {
    const before = this.state;
    const at = { now_ms: Date.now(), random: Math.random() };
    const [next, effects] = connection.step(before, input, at);
    this.state = next;
    if (next !== before) this.events.changed(next);
    if (before.phase.name === 'live' && next.phase.name !== 'live') this.events.lost();
    for (const effect of effects) this.perform(effect);
    this.schedule();
  }

  private perform(effect: connection.Effect): void {
    switch (effect.type) {
      case 'get_token':
        void this.getToken(effect.fresh);
        return;
      case 'open':
        this.connect();
        return;
      case 'close':
        this.link?.close();
        this.link = undefined;
        return;
      case 'hello':
        this.hello(effect.token, effect.cursor);
        return;
      case 'ping':
        this.link?.send({ type: 'ping', sent_at_ms: Date.now() });
        return;
      case 'signed_out':
        this.events.signedOut();
    }
  }

  private async getToken(fresh: boolean): Promise<void> {
    try {
      const token = this.tokens.access();
      if (fresh && token === this.linkToken) await this.tokens.renew(token);
      const cursor = await this.events.prepare();
      if (cursor !== undefined) this.drive({ type: 'checkpoint', cursor });
      this.drive({ type: 'token', token: this.tokens.access() });
    } catch (error) {
      this.drive({ type: 'token_failed', signedOut: error instanceof SignedOut });
    }
  }

  private connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const link: Link = new Link(`${scheme}://${location.host}/v1/socket`, {
      opened: () => this.link === link && this.drive({ type: 'opened' }),
      heard: () => this.link === link && this.drive({ type: 'heard' }),
      push: (frame) => this.link === link && this.take(frame),
      closed: (code) => this.link === link && this.drive({ type: 'closed', code }),
    });
    this.link = link;
  }

  private hello(token: string, cursor: Cursor | undefined): void {
    const link = this.link;
    this.linkToken = token;
    link?.send({ type: 'hello', token, ...(cursor === undefined ? {} : { cursor }) }, (answer) => {
      if (this.link !== link || !answer) return;
      if (answer.type === 'refusal') this.drive({ type: 'hello_refused', code: answer.code });
      else if (answer.welcome) this.welcomed(answer.welcome);
    });
  }

  private welcomed(welcome: Welcome): void {
    this.drive({ type: 'welcomed', cursor: welcome.cursor });
    this.events.welcomed(welcome);
  }

  private take(frame: Push): void {
    if (frame.type === 'checkpoint') this.drive({ type: 'checkpoint', cursor: frame.cursor });
    else if (frame.type === 'reconnect')
      this.drive({ type: 'reconnect', after_ms: frame.after_ms });
    else this.events.push(frame);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const due = connection.nextWake(this.state);
    if (due === undefined) return;
    this.timer = setTimeout(() => this.drive({ type: 'tick' }), Math.max(0, due - Date.now()));
  }

  private planRenewal(): void {
    clearTimeout(this.renewTimer);
    const planned = this.tokens.access();
    const wait_ms = renewIn(this.tokens.expiresAtMs() - Date.now());
    this.renewTimer = setTimeout(() => void this.renew(planned), wait_ms);
  }

  /** Of another token than the one that was planned for, a request or another window has seen to it. */
  private async renew(planned: string): Promise<void> {
    try {
      if (this.tokens.access() === planned) await this.tokens.renew(planned);
      this.tokenChanged();
    } catch (error) {
      if (error instanceof SignedOut) this.events.signedOut();
      else this.planRenewal();
    }
  }
}
