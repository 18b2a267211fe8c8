/** Who is writing, in a line that keeps its place whether somebody is or not. */
import type { Room } from '../../api/types.ts';
import { useTypingNames } from './useTypingNames.ts';

export function TypingLine({ room }: { room: Room }) {
  const names = useTypingNames(room.id);
  return (
    <div className="typing" aria-live="polite">
      {names.length > 0 && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <bdi className="one-line">{sentence(names)}</bdi>
        </>
      )}
    </div>
  );
}

function sentence(names: string[]): string {
  const [first = '', second = ''] = names;
  if (names.length === 1) return `${first} is typing`;
  if (names.length === 2) return `${first} and ${second} are typing`;
  return `${first}, ${second} and ${names.length - 2} more are typing`;
}
