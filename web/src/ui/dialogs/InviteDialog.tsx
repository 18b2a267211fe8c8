/** A link by which others come into a room. */
import { useEffect, useRef, useState } from 'react';
import { invitations } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Room } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useShell } from '../shellContext.ts';

export function InviteDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const { url, trouble } = useInvitation(room.id);
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = () => {
    field.current?.select();
    void copyText(url ?? '').then(setCopied);
  };
  return (
    <Dialog
      title={`Invite to ${titleOf(room)}`}
      about="Whoever has this link can join, also without an account yet."
      onClose={onClose}
    >
      <Trouble text={trouble} />
      <div className="copy-row">
        <input
          ref={field}
          className="input"
          aria-label="Invitation link"
          readOnly
          value={url ?? ''}
          placeholder="Making a link…"
          onFocus={(event) => event.target.select()}
        />
        <button className="button button-main" disabled={url === undefined} onClick={copy}>
          <Icon name={copied ? 'check' : 'copy'} size={18} />
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <p className="field-hint">
        To chat with yourself, open it in a private window or as another account.
      </p>
    </Dialog>
  );
}

function useInvitation(room: string) {
  const { rest } = useShell();
  const [url, setUrl] = useState<string>();
  const [trouble, setTrouble] = useState<string>();
  const asked = useRef(false);
  useEffect(() => {
    // Once for each opening: an invitation is a thing that stays.
    if (asked.current) return;
    asked.current = true;
    invitations.create(rest, room).then(
      // The address is this page's own: the one at which people reach the server.
      ({ code = '' }) => setUrl(`${location.origin}/join/${code}`),
      (error: unknown) => setTrouble(explain(error)),
    );
  }, [rest, room]);
  return { url, trouble };
}

/** Plain http pages have no clipboard; there the selected field is copied the old way. */
async function copyText(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard)
    return clipboard.writeText(text).then(
      () => true,
      () => oldCopy(),
    );
  return oldCopy();
}

function oldCopy(): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return document.execCommand('copy');
}
