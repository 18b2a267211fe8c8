/** Another password for one's account. */
import { useState, type SyntheticEvent } from 'react';
import { password } from '../../api/endpoints.ts';
import { Problem, explain } from '../../api/problem.ts';
import { Field } from '../entrance/EntranceForm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState, useShell } from '../shellContext.ts';
import { mismatchOf } from './passwords.ts';

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [changed, setChanged] = useState(false);
  if (changed) return <Changed onClose={onClose} />;
  return (
    <Dialog
      title="Change password"
      about="Everywhere else you are signed in, you are signed out."
      onClose={onClose}
    >
      <PasswordForm onChanged={() => setChanged(true)} />
    </Dialog>
  );
}

function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const { rest } = useShell();
  const username = useAppState((state) => state.me.username);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const mismatch = mismatchOf({ current, next, again });
    setTrouble(mismatch);
    if (mismatch !== undefined) return;
    setBusy(true);
    password
      .change(rest, { current_password: current, new_password: next })
      .then(onChanged, (error: unknown) => setTrouble(words(error)))
      .finally(() => setBusy(false));
  };
  const secret = { type: 'password', minLength: 8, maxLength: 256, required: true } as const;
  return (
    <form className="dialog-form" onSubmit={submit}>
      {/* For the browser's memory of passwords: whose it is. */}
      <input hidden readOnly autoComplete="username" value={username ?? ''} />
      <Field
        label="Password until now"
        value={current}
        onChange={setCurrent}
        autoComplete="current-password"
        type="password"
        maxLength={256}
        required
      />
      <Field
        label="New password"
        value={next}
        onChange={setNext}
        autoComplete="new-password"
        hint="Eight characters or more."
        {...secret}
      />
      <Field
        label="New password, once more"
        value={again}
        onChange={setAgain}
        autoComplete="new-password"
        {...secret}
      />
      <Trouble text={trouble} />
      <div className="dialog-actions">
        <button className="button button-main" disabled={busy}>
          {busy && <span className="spinner" />}
          Change password
        </button>
      </div>
    </form>
  );
}

function Changed({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title="Your password is changed"
      about="Only this browser is still signed in. Elsewhere, sign in with the new one."
      onClose={onClose}
    >
      <div className="dialog-actions">
        <button className="button button-main" onClick={onClose} autoFocus>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function words(error: unknown): string {
  const wrong = error instanceof Problem && error.code === 'wrong_credentials';
  return wrong ? 'That is not your password until now.' : explain(error);
}
