/** One room: header, timeline, composer. */
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Room, Seq } from '../../api/types.ts';
import { unreadOf } from '../../sync/rooms.ts';
import { useAppState, useRoom, useShell } from '../shellContext.ts';
import { Announcer } from './Announcer.tsx';
import { Composer } from './Composer.tsx';
import { RoomHeader } from './RoomHeader.tsx';
import { Timeline } from './Timeline.tsx';
import { TypingLine } from './TypingLine.tsx';
import './room.css';

export function RoomPage() {
  const { room: id = '' } = useParams();
  const entry = useRoom(id);
  const loaded = useAppState(({ rooms }) => rooms.loaded);
  if (entry) return <OpenRoom key={id} room={entry.room} newFrom={unreadOf(entry).first} />;
  return loaded ? <AbsentRoom id={id} /> : <section className="room" aria-busy="true" />;
}

function OpenRoom({ room, newFrom }: { room: Room; newFrom: Seq | undefined }) {
  const shell = useShell();
  const [replyTo, setReplyTo] = useState<Seq>();
  // Where news began when the room was opened; reading does not move the line.
  const [line] = useState(newFrom);
  useEffect(() => {
    shell.openRoom(room.id);
    return () => shell.closeRoom(room.id);
  }, [shell, room.id]);
  return (
    <section className="room" aria-label="Conversation">
      <RoomHeader room={room} />
      <Timeline room={room} newFrom={line} onReply={setReplyTo} />
      <TypingLine room={room} />
      <Composer room={room} replyTo={replyTo} onReplyDone={() => setReplyTo(undefined)} />
      <Announcer room={room} />
    </section>
  );
}

/** It may just have been joined in another window; the server has the last word. */
function AbsentRoom({ id }: { id: string }) {
  const shell = useShell();
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    void shell.load.room(id).then(() => setAsked(true));
  }, [shell, id]);
  if (!asked) return <section className="room" aria-busy="true" />;
  return (
    <section className="welcome">
      <h2>No such conversation</h2>
      <p>It does not exist, or you are not in it any more.</p>
      <Link className="button button-quiet" to="/">
        Back
      </Link>
    </section>
  );
}
