/** Above the first row of a day. */
import { dayTitle } from '../time.ts';

export function Day({ at_ms }: { at_ms: number }) {
  return (
    <p className="day">
      <span>{dayTitle(at_ms)}</span>
    </p>
  );
}
