/** The message that another one answers. */
import { useEffect, useState } from 'react';
import { messages } from '../../api/endpoints.ts';
import type { Message, RoomId, Seq } from '../../api/types.ts';
import { find } from '../../sync/timeline.ts';
import { useAppState, useName, useShell } from '../shellContext.ts';
import { plainOf } from './plain.ts';

interface QuoteProps {
  room: RoomId;
  seq: Seq;
  onJump: (seq: Seq) => void;
}

export function Quote({ room, seq, onJump }: QuoteProps) {
  const message = useMessage(room, seq);
  return (
    <button className="quote" onClick={() => onJump(seq)} aria-label="Go to the answered message">
      {message ? (
        <QuoteWords message={message} />
      ) : (
        <span className="quote-text">An earlier message</span>
      )}
    </button>
  );
}

export function QuoteWords({ message }: { message: Message }) {
  const me = useAppState((state) => state.me.id);
  const name = useName(message.sender);
  return (
    <>
      <bdi className="quote-name one-line">{message.sender === me ? 'You' : name}</bdi>
      <bdi className="quote-text one-line">
        {message.deleted ? 'Message deleted' : plainOf(message.text ?? '')}
      </bdi>
    </>
  );
}

/** From the timeline, else from the server. */
export function useMessage(room: RoomId, seq: Seq): Message | undefined {
  const { rest } = useShell();
  const known = useAppState(({ timelines }) => {
    const timeline = timelines[room];
    return timeline && find(timeline, seq);
  });
  const [fetched, setFetched] = useState<Message>();
  const missing = known === undefined;
  useEffect(() => {
    if (missing) messages.one(rest, room, seq).then(setFetched, () => undefined);
  }, [rest, room, seq, missing]);
  return known ?? fetched;
}
