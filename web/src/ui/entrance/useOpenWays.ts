/** Which ways in this server offers. Signing in always; the others as its operator has set. */
import { useEffect, useState } from 'react';
import { entrance } from '../../api/endpoints.ts';
import { Rest } from '../../api/rest.ts';
import type { Way } from './EntranceForm.tsx';

/** Until the server has said: what it offers by default. */
const USUAL: readonly Way[] = ['sign-up', 'sign-in'];

export function useOpenWays(): readonly Way[] {
  const [ways, setWays] = useState(USUAL);
  useEffect(() => {
    entrance.ways(new Rest()).then(
      ({ server }) => {
        const open: (Way | false)[] = [
          server.sign_up_open && 'sign-up',
          'sign-in',
          server.guests_open && 'guest',
        ];
        setWays(open.filter((way) => way !== false));
      },
      // The form itself will say that the server cannot be reached.
      () => undefined,
    );
  }, []);
  return ways;
}
