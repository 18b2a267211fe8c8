/** What stands beside the list while no room is open. */
import { useState } from 'react';
import { Link } from 'react-router';
import { NewRoomDialog } from '../dialogs/NewRoomDialog.tsx';
import { Mark } from '../parts/Brand.tsx';
import { useAppState } from '../shellContext.ts';

export function Welcome() {
  const [making, setMaking] = useState(false);
  const none = useAppState(({ rooms }) => rooms.loaded && Object.keys(rooms.entries).length === 0);
  return (
    <section className="welcome">
      <Mark size={56} />
      <h2>{none ? 'A quiet shore' : 'Pick a conversation'}</h2>
      <p>
        {none
          ? 'Start a room and send somebody its link, or see which channels are open to all.'
          : 'Or start a new one, or see which channels are open to all.'}
      </p>
      <div className="welcome-actions">
        <button className="button button-main" onClick={() => setMaking(true)}>
          New conversation
        </button>
        <Link className="button button-quiet" to="/channels">
          Browse channels
        </Link>
      </div>
      {making && <NewRoomDialog onClose={() => setMaking(false)} />}
    </section>
  );
}
