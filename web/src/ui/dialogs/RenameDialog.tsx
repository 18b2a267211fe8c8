/** A room's name and what it is about. */
import { useState, type SyntheticEvent } from 'react';
import { rooms } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Room } from '../../api/types.ts';
import { Field } from '../entrance/EntranceForm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useShell } from '../shellContext.ts';

export function RenameDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const shell = useShell();
  const [name, setName] = useState(room.name ?? '');
  const [description, setDescription] = useState(room.description ?? '');
  const [trouble, setTrouble] = useState<string>();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const about = description.trim() === '' ? null : description.trim();
    rooms
      .change(shell.rest, room.id, { name: name.trim(), description: about })
      .then(onClose, (error: unknown) => setTrouble(explain(error)));
  };
  return (
    <Dialog title="Name and description" onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        <Field label="Name" value={name} onChange={setName} maxLength={80} required />
        <Field
          label="What it is about"
          value={description}
          onChange={setDescription}
          maxLength={1000}
        />
        <Trouble text={trouble} />
        <div className="dialog-actions">
          <button className="button button-main">Save</button>
        </div>
      </form>
    </Dialog>
  );
}
