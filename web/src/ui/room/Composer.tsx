/** Where one writes. Enter sends, Shift+Enter breaks the line; what is not sent stays as a draft. */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type SyntheticEvent,
} from 'react';
import type { Room, Seq } from '../../api/types.ts';
import { Icon } from '../parts/Icon.tsx';
import { useAppState, useShell } from '../shellContext.ts';
import { MentionList, useMentions } from './Mentions.tsx';
import { mentionedIn } from './mentioned.ts';
import { QuoteWords, useMessage } from './Quote.tsx';
import { whyMute } from './roles.ts';
import { useDraft } from './useDraft.ts';

/** Bytes of a message's text (see GET /v1/limits). */
const TEXT_BYTES_MAX = 16 * 1024;
const QUIET_MS = 5_000;
const HEIGHT_MAX_PX = 200;

interface ComposerProps {
  room: Room;
  replyTo: Seq | undefined;
  onReplyDone: () => void;
}

export function Composer(props: ComposerProps) {
  const mute = whyMute(props.room);
  return mute === undefined ? <Writer {...props} /> : <p className="composer-mute">{mute}</p>;
}

function Writer({ room, replyTo, onReplyDone }: ComposerProps) {
  const shell = useShell();
  const members = useAppState((state) => state.members[room.id]);
  const [text, setText] = useDraft(room.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const tooLong =
    text.length * 3 > TEXT_BYTES_MAX && new TextEncoder().encode(text).length > TEXT_BYTES_MAX;
  const mentions = useMentions({ field, text, setText, members });
  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current);
  }, [text]);
  useQuietEnd(room.id, text);
  useEffect(() => {
    if (window.matchMedia('(hover: hover)').matches || replyTo !== undefined)
      field.current?.focus();
  }, [room.id, replyTo]);

  const send = () => {
    if (text.trim() === '' || tooLong) return;
    const named = mentionedIn(text, members ?? []);
    shell.say(room.id, {
      text: text.trim(),
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(named.length === 0 ? {} : { mentions: named }),
    });
    setText('');
    onReplyDone();
    field.current?.focus();
  };
  const change = (value: string) => {
    setText(value);
    mentions.onSelect();
    shell.type(room.id, value.trim() !== '');
  };
  const key = (event: KeyboardEvent) => {
    if (mentions.onKey(event)) return;
    if (event.key === 'Escape' && replyTo !== undefined) onReplyDone();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    send();
  };
  return (
    <form className="composer" onSubmit={submit}>
      {replyTo !== undefined && <ReplyingTo room={room.id} seq={replyTo} onCancel={onReplyDone} />}
      {tooLong && (
        <p className="composer-note">That is too long for one message: at most 16 KiB.</p>
      )}
      <MentionList mentions={mentions} />
      <div className="composer-field">
        <textarea
          ref={field}
          aria-label="Write a message"
          placeholder="Write a message"
          rows={1}
          dir="auto"
          value={text}
          onChange={(event) => change(event.target.value)}
          onSelect={mentions.onSelect}
          onKeyDown={key}
        />
        <button
          className="icon-button composer-send"
          aria-label="Send"
          disabled={text.trim() === '' || tooLong}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function ReplyingTo({ room, seq, onCancel }: { room: string; seq: Seq; onCancel: () => void }) {
  const message = useMessage(room, seq);
  return (
    <div className="composer-reply">
      <div className="quote">{message && <QuoteWords message={message} />}</div>
      <button type="button" className="icon-button" aria-label="Do not reply" onClick={onCancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Who stops in the middle is no longer writing. */
function useQuietEnd(room: string, text: string): void {
  const shell = useShell();
  const [first] = useState(text);
  useEffect(() => {
    if (text === first) return;
    const timer = setTimeout(() => shell.type(room, false), QUIET_MS);
    return () => clearTimeout(timer);
  }, [shell, room, text, first]);
}

/** As tall as its text, up to a limit. */
function fitHeight(area: HTMLTextAreaElement): void {
  area.style.height = 'auto';
  area.style.height = `${Math.min(area.scrollHeight, HEIGHT_MAX_PX)}px`;
}
