/** Offers the room's people while one writes an `@name`. */
import { useState, type KeyboardEvent, type RefObject } from 'react';
import type { Member } from '../../api/types.ts';
import { Avatar } from '../parts/Avatar.tsx';

const OFFERED_MAX = 6;

interface MentionSource {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  setText: (text: string) => void;
  members: readonly Member[] | undefined;
}

export interface Mentions {
  offered: readonly Member[];
  chosen: number;
  onSelect: () => void;
  /** Says whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean;
  take: (member: Member) => void;
}

export function useMentions({ field, text, setText, members }: MentionSource): Mentions {
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState('');
  const begun = /(?:^|\s)@([a-z0-9._-]*)$/i.exec(text.slice(0, caret))?.[1];
  const offered = begun === undefined || dismissed === text ? [] : matching(members ?? [], begun);

  const take = ({ user }: Member) => {
    const start = caret - (begun?.length ?? 0);
    const name = `${user.username ?? ''} `;
    setText(text.slice(0, start) + name + text.slice(caret));
    setChosen(0);
    const end = start + name.length;
    requestAnimationFrame(() => field.current?.setSelectionRange(end, end));
    field.current?.focus();
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const member = offered[Math.min(chosen, offered.length - 1)];
    if (!member || event.nativeEvent.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((chosen + step + offered.length) % offered.length);
    else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) take(member);
    else if (event.key === 'Escape') setDismissed(text);
    else return false;
    event.preventDefault();
    return true;
  };
  const onSelect = () => setCaret(field.current?.selectionEnd ?? 0);
  return { offered, chosen, onSelect, onKey, take };
}

export function MentionList({ mentions: { offered, chosen, take } }: { mentions: Mentions }) {
  if (offered.length === 0) return null;
  return (
    <ul className="mentions" role="listbox" aria-label="People to mention">
      {offered.map((member, index) => (
        <li
          key={member.user.id}
          role="option"
          aria-selected={index === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            take(member);
          }}
        >
          <Avatar id={member.user.id} name={member.user.display_name} size={26} />
          <bdi className="one-line">{member.user.display_name}</bdi>
          <span className="person-detail">@{member.user.username}</span>
        </li>
      ))}
    </ul>
  );
}

function matching(members: readonly Member[], begun: string): Member[] {
  const wanted = begun.toLowerCase();
  return members
    .filter(({ user }) => {
      const name = user.username ?? '';
      return (
        name !== '' &&
        name !== wanted &&
        (name.startsWith(wanted) || user.display_name.toLowerCase().startsWith(wanted))
      );
    })
    .slice(0, OFFERED_MAX);
}
