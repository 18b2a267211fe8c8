/** One line between messages: who came, who went, what changed. */
import { memo } from 'react';
import type { UserId } from '../../api/types.ts';
import { useAppState, useName } from '../shellContext.ts';
import { fullTime } from '../time.ts';
import { Day } from './Day.tsx';
import type { Row } from './rows.ts';
import { wordsOf } from './told.ts';

export const ToldRow = memo(function ToldRow({ row }: { row: Extract<Row, { type: 'told' }> }) {
  const me = useAppState((state) => state.me.id);
  return (
    <>
      {row.newDay && <Day at_ms={row.at_ms} />}
      <p className="told" title={fullTime(row.at_ms)}>
        {wordsOf(row.told, me).map((piece, index) => {
          if (typeof piece === 'string') return piece;
          if ('text' in piece) return <bdi key={index}>{piece.text}</bdi>;
          return <Person key={index} id={piece.user} />;
        })}
      </p>
    </>
  );
});

function Person({ id }: { id: UserId }) {
  return <bdi className="told-name">{useName(id)}</bdi>;
}
