/** Channels that anyone may join. */
import { useEffect, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { rooms } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { DirectoryRoom } from '../../api/types.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useShell } from '../shellContext.ts';

export function DirectoryPage() {
  const [query, setQuery] = useState('');
  const { found, trouble, setTrouble } = useDirectory(query);
  const shell = useShell();
  const navigate = useNavigate();
  const join = (id: string) => {
    rooms
      .join(shell.rest, id)
      .then(() => shell.enter(id))
      .then(() => navigate(`/r/${id}`))
      .catch((error: unknown) => setTrouble(explain(error)));
  };
  return (
    <section className="page">
      <header className="page-head">
        <Link to="/" className="icon-button only-narrow" aria-label="Back to the list">
          <Icon name="back" />
        </Link>
        <h2>Channels</h2>
      </header>
      <div className="page-body">
        <input
          className="input"
          type="search"
          aria-label="Search channels"
          placeholder="Search channels"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Trouble text={trouble} />
        <ul className="people-list">
          {found?.map((room) => (
            <DirectoryRow key={room.id} room={room} onJoin={() => join(room.id)} />
          ))}
        </ul>
        {found?.length === 0 && (
          <p className="empty-note">No channel by that name. You can start one.</p>
        )}
      </div>
    </section>
  );
}

function DirectoryRow({ room, onJoin }: { room: DirectoryRoom; onJoin: () => void }) {
  return (
    <li className="person directory-row">
      <Avatar id={room.id} name="#" shape="room" size={42} />
      <span className="person-names">
        <bdi className="person-name one-line">{room.name}</bdi>
        <span className="person-detail">
          {room.members} {room.members === 1 ? 'member' : 'members'}
          {room.description !== undefined && <> · {room.description}</>}
        </span>
      </span>
      {room.joined ? (
        <Link className="button button-quiet" to={`/r/${room.id}`}>
          Open
        </Link>
      ) : (
        <button className="button button-main" onClick={onJoin}>
          Join
        </button>
      )}
    </li>
  );
}

function useDirectory(query: string) {
  const shell = useShell();
  const [found, setFound] = useState<DirectoryRoom[]>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      rooms.directory(shell.rest, query.trim()).then(
        (answer) => {
          if (!current) return;
          setFound(answer.rooms);
          setTrouble(undefined);
        },
        (error: unknown) => current && setTrouble(explain(error)),
      );
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [shell, query]);
  return { found, trouble, setTrouble };
}
