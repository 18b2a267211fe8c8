/** One's own name and status. */
import { useState, type SyntheticEvent } from 'react';
import { people } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import { Field } from '../entrance/EntranceForm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState, useShell } from '../shellContext.ts';

export function ProfileDialog({ onClose }: { onClose: () => void }) {
  const shell = useShell();
  const me = useAppState((state) => state.me);
  const [name, setName] = useState(me.display_name);
  const [status, setStatus] = useState(me.status_text ?? '');
  const [trouble, setTrouble] = useState<string>();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const status_text = status.trim() === '' ? null : status.trim();
    people.change(shell.rest, { display_name: name.trim(), status_text }).then(
      (user) => {
        shell.profileIs(user);
        onClose();
      },
      (error: unknown) => setTrouble(explain(error)),
    );
  };
  return (
    <Dialog title="Name and status" onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        <Field
          label="Your name, as others see it"
          value={name}
          onChange={setName}
          maxLength={64}
          required
        />
        <Field
          label="Status"
          value={status}
          onChange={setStatus}
          maxLength={100}
          placeholder="In a meeting, at the sea, …"
        />
        {me.username !== undefined && (
          <p className="field-hint">You sign in and are mentioned as @{me.username}.</p>
        )}
        <Trouble text={trouble} />
        <div className="dialog-actions">
          <button className="button button-main">Save</button>
        </div>
      </form>
    </Dialog>
  );
}
