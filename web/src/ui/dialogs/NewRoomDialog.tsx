/** A new conversation: with one person, with a group, or open to all. */
import { useState, type SyntheticEvent } from 'react';
import { useNavigate } from 'react-router';
import { rooms, type NewRoom } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Profile, RoomKind } from '../../api/types.ts';
import { Field } from '../entrance/EntranceForm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useShell } from '../shellContext.ts';
import { PeoplePicker } from './PeoplePicker.tsx';

const KINDS = [
  ['group', 'Group', 'By invitation: you choose people now, or send a link later.'],
  ['direct', 'One person', 'Just the two of you.'],
  ['channel', 'Channel', 'Listed in the directory; anyone on this server may join.'],
] as const satisfies readonly (readonly [RoomKind, string, string])[];

type Kind = (typeof KINDS)[number][0];

export function NewRoomDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('group');
  const { create, trouble, busy } = useCreate(onClose);
  return (
    <Dialog title="New conversation" onClose={onClose}>
      <div className="choices" role="group" aria-label="Kind of conversation">
        {KINDS.map(([value, text]) => (
          <button
            key={value}
            className="choice"
            aria-pressed={value === kind}
            onClick={() => setKind(value)}
          >
            {text}
          </button>
        ))}
      </div>
      <p className="field-hint">{KINDS.find(([value]) => value === kind)?.[2]}</p>
      <Trouble text={trouble} />
      {kind === 'direct' ? (
        <PeoplePicker
          label="With whom?"
          chosen={[]}
          onChoose={(user) => create({ kind, user: user.id })}
        />
      ) : (
        <NamedRoomForm key={kind} kind={kind} busy={busy} onCreate={create} />
      )}
    </Dialog>
  );
}

interface NamedRoomFormProps {
  kind: 'group' | 'channel';
  busy: boolean;
  onCreate: (room: NewRoom) => void;
}

function NamedRoomForm({ kind, busy, onCreate }: NamedRoomFormProps) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [chosen, setChosen] = useState<Profile[]>([]);
  const toggle = (user: Profile) =>
    setChosen((now) =>
      now.some(({ id }) => id === user.id)
        ? now.filter(({ id }) => id !== user.id)
        : [...now, user],
    );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const about = description.trim();
    onCreate({
      kind,
      name: name.trim(),
      ...(about === '' ? {} : { description: about }),
      ...(kind === 'group' && chosen.length > 0 ? { members: chosen.map(({ id }) => id) } : {}),
    });
  };
  return (
    <form className="dialog-form" onSubmit={submit}>
      <Field
        label="Name"
        value={name}
        onChange={setName}
        maxLength={80}
        required
        autoFocus
        autoComplete="off"
      />
      <Field
        label="What it is about (optional)"
        value={description}
        onChange={setDescription}
        maxLength={1000}
        autoComplete="off"
      />
      {kind === 'group' && (
        <PeoplePicker label="Who else? (optional)" chosen={chosen} onChoose={toggle} />
      )}
      <div className="dialog-actions">
        <button className="button button-main" disabled={busy || name.trim() === ''}>
          {busy && <span className="spinner" />}
          Create {kind}
        </button>
      </div>
    </form>
  );
}

function useCreate(onDone: () => void) {
  const shell = useShell();
  const navigate = useNavigate();
  const [trouble, setTrouble] = useState<string>();
  const [busy, setBusy] = useState(false);
  const create = (room: NewRoom) => {
    setBusy(true);
    rooms
      .create(shell.rest, room)
      .then(async ({ id }) => {
        await shell.enter(id);
        onDone();
        await navigate(`/r/${id}`);
      })
      .catch((error: unknown) => setTrouble(explain(error)))
      .finally(() => setBusy(false));
  };
  return { create, trouble, busy };
}
