/** How far a message of one's own has come: waiting, sent, delivered, read. */
import type { Seq } from '../../api/types.ts';
import type { SendState } from '../../sync/outbox.ts';
import { readersOf, tickOf } from '../../sync/receipts.ts';
import { Icon } from '../parts/Icon.tsx';
import { useAppState } from '../shellContext.ts';

const WORDS = { sent: 'Sent', delivered: 'Delivered', read: 'Read' } as const;

interface TicksProps {
  room: string;
  seq: Seq | undefined;
  state: SendState | undefined;
}

export function Ticks({ room, seq, state }: TicksProps) {
  const marks = useAppState(({ receipts }) => receipts.others[room]);
  if (seq === undefined) return <Pending state={state} />;
  const tick = tickOf(marks, seq);
  const readers = readersOf(marks, seq).length;
  const awaited = Object.keys(marks ?? {}).length;
  const some = tick !== 'read' && readers > 0 ? `, read by ${readers} of ${awaited}` : '';
  return (
    <span
      className="ticks"
      data-tick={tick}
      role="img"
      aria-label={WORDS[tick] + some}
      title={WORDS[tick] + some}
    >
      <svg
        width="18"
        height="12"
        viewBox="0 0 18 12"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        aria-hidden="true"
      >
        <path d="M1.5 6.5 4.5 9.5 10.5 2.5" />
        {tick !== 'sent' && <path d="M7 8.3 8.2 9.5 14.5 2.5" />}
      </svg>
    </span>
  );
}

function Pending({ state }: { state: SendState | undefined }) {
  const words = state?.name === 'failed' ? 'Not sent' : 'Waiting to be sent';
  return (
    <span
      className="ticks"
      data-tick={state?.name === 'failed' ? 'failed' : 'pending'}
      role="img"
      aria-label={words}
      title={words}
    >
      <Icon name={state?.name === 'failed' ? 'alert' : 'clock'} size={13} />
    </span>
  );
}
