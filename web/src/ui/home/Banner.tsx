/** Says when there is no connection, what happens next, and lets one try at once. */
import { useEffect, useState } from 'react';
import type { Connection } from '../../sync/connection.ts';
import { Icon } from '../parts/Icon.tsx';
import { useAppState, useShell } from '../shellContext.ts';

export function Banner() {
  const shell = useShell();
  const state = useAppState(({ connection }) => connection);
  const words = wordsFor(state);
  return (
    <div role="status" aria-live="polite" className="banner-place">
      {words !== undefined && (
        <div className="banner" data-phase={state.phase.name}>
          {state.phase.name === 'waiting' || state.phase.name === 'stopped' ? (
            <Icon name="alert" size={18} />
          ) : (
            <span className="spinner" />
          )}
          <span>
            {words}
            {state.phase.name === 'waiting' && state.online && (
              <Countdown until_ms={state.phase.until_ms} />
            )}
          </span>
          {state.phase.name === 'waiting' && (
            <button className="link-button" onClick={() => shell.retryNow()}>
              Retry now
            </button>
          )}
          {state.phase.name === 'stopped' && (
            <button className="link-button" onClick={() => location.reload()}>
              Reload
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function wordsFor({ phase, online, failures }: Connection): string | undefined {
  switch (phase.name) {
    case 'live':
    case 'idle':
      return undefined;
    case 'stopped':
      return 'This page and the server no longer understand each other.';
    case 'waiting':
      return online
        ? 'Connection lost. Reconnecting'
        : 'You are offline. What you write is kept and sent when you are back.';
    default:
      return failures === 0 ? 'Connecting…' : 'Reconnecting…';
  }
}

/** Its clock begins when the waiting begins. */
function Countdown({ until_ms }: { until_ms: number }) {
  const [now_ms, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  return <> in {Math.max(1, Math.ceil((until_ms - now_ms) / 1000))} s</>;
}
