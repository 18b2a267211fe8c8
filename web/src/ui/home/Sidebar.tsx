/** The rooms, newest first, with search, and at the foot who one is. */
import { useMemo, useState } from 'react';
import { NavLink } from 'react-router';
import { ordered, titleOf } from '../../sync/rooms.ts';
import { NewRoomDialog } from '../dialogs/NewRoomDialog.tsx';
import { Brand } from '../parts/Brand.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState } from '../shellContext.ts';
import { ProfileMenu } from './ProfileMenu.tsx';
import { RoomRow } from './RoomRow.tsx';

export function Sidebar() {
  const [query, setQuery] = useState('');
  const [making, setMaking] = useState(false);
  return (
    <nav className="sidebar" aria-label="Conversations">
      <header className="sidebar-head">
        <Brand />
        <button
          className="icon-button"
          aria-label="New conversation"
          onClick={() => setMaking(true)}
        >
          <Icon name="plus" />
        </button>
      </header>
      <label className="sidebar-search">
        <Icon name="search" size={17} />
        <span className="visually-hidden">Search conversations</span>
        <input
          type="search"
          placeholder="Search conversations"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setQuery('')}
        />
      </label>
      <RoomList query={query} />
      <NavLink to="/channels" className="sidebar-link">
        <Icon name="hash" size={18} />
        Browse channels
      </NavLink>
      <ProfileMenu />
      {making && <NewRoomDialog onClose={() => setMaking(false)} />}
    </nav>
  );
}

function RoomList({ query }: { query: string }) {
  const rooms = useAppState((state) => state.rooms);
  const trouble = useAppState((state) => state.troubles['rooms']);
  const sorted = useMemo(() => ordered(rooms), [rooms]);
  const wanted = query.trim().toLocaleLowerCase();
  const shown = sorted.filter(({ room }) => titleOf(room).toLocaleLowerCase().includes(wanted));
  if (!rooms.loaded) return <RoomSkeleton />;
  return (
    <div className="room-list-scroll">
      <Trouble text={trouble} />
      <ul className="room-list">
        {shown.map((entry) => (
          <RoomRow key={entry.room.id} entry={entry} />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="sidebar-note">
          {wanted === '' ? 'No conversations yet.' : 'Nothing by that name.'}
        </p>
      )}
    </div>
  );
}

function RoomSkeleton() {
  return (
    <div className="room-list-scroll" aria-label="Loading conversations">
      {[0, 1, 2, 3, 4].map((row) => (
        <div key={row} className="room-row-skeleton" />
      ))}
    </div>
  );
}
