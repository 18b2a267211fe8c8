/** Finds people by name and lets one choose among them. */
import { useEffect, useState } from 'react';
import { people } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Profile } from '../../api/types.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState, useShell } from '../shellContext.ts';

interface PeoplePickerProps {
  label: string;
  chosen: readonly Profile[];
  onChoose: (user: Profile) => void;
}

export function PeoplePicker({ label, chosen, onChoose }: PeoplePickerProps) {
  const [query, setQuery] = useState('');
  const { found, trouble } = usePeople(query);
  const rest = found?.filter(({ id }) => !chosen.some((user) => user.id === id)) ?? [];
  return (
    <div className="field">
      <label className="field">
        <span className="field-label">{label}</span>
        <input
          className="input"
          type="search"
          placeholder="Search by user name"
          autoComplete="off"
          autoCapitalize="none"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      <Trouble text={trouble} />
      <ul className="people-list people-picker">
        {[...chosen, ...rest].map((user) => (
          <li key={user.id}>
            <PersonChoice user={user} chosen={chosen.includes(user)} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      {found?.length === 0 && <p className="empty-note">Nobody by that name.</p>}
    </div>
  );
}

interface PersonChoiceProps {
  user: Profile;
  chosen: boolean;
  onChoose: (user: Profile) => void;
}

function PersonChoice({ user, chosen, onChoose }: PersonChoiceProps) {
  return (
    <button type="button" className="person" aria-pressed={chosen} onClick={() => onChoose(user)}>
      <Avatar id={user.id} name={user.display_name} />
      <span className="person-names">
        <bdi className="person-name one-line">{user.display_name}</bdi>
        {user.username !== undefined && <span className="person-detail"> @{user.username}</span>}
      </span>
      {chosen && <Icon name="check" size={18} />}
    </button>
  );
}

function usePeople(query: string) {
  const shell = useShell();
  const me = useAppState((state) => state.me.id);
  const [found, setFound] = useState<Profile[]>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      people.search(shell.rest, query.trim()).then(
        ({ users }) => {
          if (current) setFound(users.filter(({ id }) => id !== me));
        },
        (error: unknown) => current && setTrouble(explain(error)),
      );
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [shell, me, query]);
  return { found, trouble };
}
