/** The fields of one way in. */
import { useRef, useState, type SyntheticEvent } from 'react';
import { entrance } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import { Rest } from '../../api/rest.ts';
import type { Session } from '../../api/types.ts';
import { uuidv7 } from '../../api/uuid.ts';
import { Trouble } from '../parts/Trouble.tsx';
import { deviceName } from './enter.ts';

export type Way = 'sign-in' | 'sign-up' | 'guest';

interface Fields {
  username: string;
  password: string;
  display_name: string;
}

interface EntranceFormProps {
  way: Way;
  onEntered: (session: Session) => void;
}

const ACTIONS: Record<Way, string> = {
  'sign-in': 'Sign in',
  'sign-up': 'Make my account',
  guest: 'Come in',
};

export function EntranceForm({ way, onEntered }: EntranceFormProps) {
  const [fields, setFields] = useState<Fields>({ username: '', password: '', display_name: '' });
  const [trouble, setTrouble] = useState<string>();
  const [busy, setBusy] = useState(false);
  // The same key for the same account: a repeat after a lost answer signs in instead of failing.
  const attempt = useRef({ username: '', key: '' });
  const set = (name: keyof Fields) => (value: string) =>
    setFields((now) => ({ ...now, [name]: value }));

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble(undefined);
    if (attempt.current.username !== fields.username)
      attempt.current = { username: fields.username, key: uuidv7() };
    ask(way, fields, attempt.current.key)
      .then(onEntered, (error: unknown) => setTrouble(explain(error)))
      .finally(() => setBusy(false));
  };

  return (
    <form className="entrance-form" onSubmit={submit}>
      {way !== 'guest' && (
        <Field
          label="User name"
          value={fields.username}
          onChange={set('username')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          minLength={2}
          maxLength={32}
          required
          autoFocus
        />
      )}
      {way !== 'sign-in' && (
        <Field
          label={way === 'guest' ? 'Your name' : 'Your name, as others see it'}
          value={fields.display_name}
          onChange={set('display_name')}
          autoComplete="name"
          maxLength={64}
          required={way === 'guest'}
          placeholder={way === 'sign-up' ? fields.username : ''}
          autoFocus={way === 'guest'}
        />
      )}
      {way !== 'guest' && (
        <Field
          label="Password"
          type="password"
          value={fields.password}
          onChange={set('password')}
          autoComplete={way === 'sign-in' ? 'current-password' : 'new-password'}
          minLength={8}
          maxLength={256}
          required
          hint={way === 'sign-up' ? 'Eight characters or more.' : undefined}
        />
      )}
      <Trouble text={trouble} />
      <button className="button button-main button-wide" disabled={busy}>
        {busy && <span className="spinner" />}
        {ACTIONS[way]}
      </button>
    </form>
  );
}

interface FieldProps extends Omit<React.InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  label: string;
  hint?: string | undefined;
  onChange: (value: string) => void;
}

export function Field({ label, hint, onChange, ...input }: FieldProps) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <input className="input" {...input} onChange={(event) => onChange(event.target.value)} />
      {hint !== undefined && <span className="field-hint">{hint}</span>}
    </label>
  );
}

function ask(way: Way, fields: Fields, key: string): Promise<Session> {
  const rest = new Rest();
  const { username, password } = fields;
  const display_name = fields.display_name.trim();
  const device_name = deviceName();
  if (way === 'sign-in') return entrance.signIn(rest, { username, password, device_name });
  if (way === 'guest') return entrance.guest(rest, { display_name, device_name });
  const named = display_name === '' ? {} : { display_name };
  return entrance.signUp(rest, { username, password, device_name, ...named }, key);
}
