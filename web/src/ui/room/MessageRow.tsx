/** One message: who, what, when, how far it has come, and what can be done with it. */
import { memo, useMemo } from 'react';
import type { Room, Seq } from '../../api/types.ts';
import { explain, Problem } from '../../api/problem.ts';
import { PersonAvatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useAppState, useName, useShell } from '../shellContext.ts';
import { clockTime, fullTime } from '../time.ts';
import { Day } from './Day.tsx';
import { renderMarkdown } from './markdown.ts';
import { Quote } from './Quote.tsx';
import type { Row, Shown } from './rows.ts';
import { Ticks } from './Ticks.tsx';

interface MessageRowProps {
  row: Extract<Row, { type: 'message' }>;
  room: Room;
  flash: boolean;
  onReply: (seq: Seq) => void;
  onJump: (seq: Seq) => void;
}

export const MessageRow = memo(function MessageRow({
  row,
  room,
  flash,
  onReply,
  onJump,
}: MessageRowProps) {
  const { message, opens, closes } = row;
  const me = useAppState((state) => state.me.id);
  const name = useName(message.sender);
  const mine = message.sender === me;
  const { seq } = message;
  const shape = [
    mine ? 'message-mine' : 'message-theirs',
    opens && 'message-opens',
    closes && 'message-closes',
  ];
  return (
    <>
      {row.newDay && <Day at_ms={message.at_ms} />}
      {row.firstNew && (
        <p className="news">
          <span>New messages</span>
        </p>
      )}
      <article
        className={['message', ...shape].filter(Boolean).join(' ')}
        data-seq={seq}
        data-flash={flash || undefined}
        aria-label={`${mine ? 'You' : name}, ${clockTime(message.at_ms)}`}
      >
        {!mine && room.kind !== 'direct' && (
          <span className="message-avatar">
            {opens && <PersonAvatar id={message.sender} name={name} size={32} />}
          </span>
        )}
        <div className="message-column">
          {!mine && opens && room.kind !== 'direct' && (
            <bdi className="message-name one-line">{name}</bdi>
          )}
          <div className="bubble">
            {message.reply_to !== undefined && (
              <Quote room={room.id} seq={message.reply_to} onJump={onJump} />
            )}
            <Body message={message} />
            <span className="message-meta">
              <time title={fullTime(message.at_ms)}>{clockTime(message.at_ms)}</time>
              {mine && <Ticks room={room.id} seq={seq} state={message.pending?.state} />}
            </span>
          </div>
          <Fate message={message} />
        </div>
        {seq !== undefined && !message.deleted && (
          <button
            className="icon-button message-reply"
            aria-label="Reply"
            title="Reply"
            onClick={() => onReply(seq)}
          >
            <Icon name="reply" size={18} />
          </button>
        )}
      </article>
    </>
  );
});

function Body({ message: { text, deleted } }: { message: Shown }) {
  const html = useMemo(() => (deleted ? '' : renderMarkdown(text)), [text, deleted]);
  if (deleted) return <p className="message-deleted">Message deleted</p>;
  // Sanitised by renderMarkdown, and by nothing else.
  return <div className="prose" dir="auto" dangerouslySetInnerHTML={{ __html: html }} />;
}

/** What happened to a message that did not simply go out. */
function Fate({ message: { pending } }: { message: Shown }) {
  const shell = useShell();
  if (pending?.state.name === 'waiting')
    return <p className="fate">{waitingFor(pending.state.code)}</p>;
  if (pending?.state.name !== 'failed') return null;
  const { code, detail } = pending.state;
  return (
    <p className="fate fate-failed" role="alert">
      Not sent: {explain(new Problem(code, 0, detail, false, undefined, []))}
      <button className="link-button" onClick={() => shell.sayAgain(pending.client_id)}>
        Try again
      </button>
      <button className="link-button" onClick={() => shell.discard(pending.client_id)}>
        Discard
      </button>
    </p>
  );
}

function waitingFor(code: string): string {
  if (code === 'slow_mode') return 'Slow mode: goes out in a moment';
  if (code === 'rate_limited') return 'You are quick: goes out in a moment';
  return 'The server is busy: goes out in a moment';
}
