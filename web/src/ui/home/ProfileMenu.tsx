/** Who one is here: name, presence, look, sessions, other accounts, the way out. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { accounts } from '../../accounts/accounts.ts';
import type { Availability } from '../../api/types.ts';
import { saveAvailability, setTheme, theme, type Theme } from '../../store/preferences.ts';
import { openAccount, signOut } from '../../store/session.ts';
import { useStore } from '../../store/store.ts';
import { PasswordDialog } from '../dialogs/PasswordDialog.tsx';
import { ProfileDialog } from '../dialogs/ProfileDialog.tsx';
import { SessionsDialog } from '../dialogs/SessionsDialog.tsx';
import { Avatar } from '../parts/Avatar.tsx';
import { Confirm } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu, MenuChoice, MenuItem, MenuLine } from '../parts/Menu.tsx';
import { useAppState, useShell } from '../shellContext.ts';

const AVAILABILITIES = [
  ['online', 'Online'],
  ['away', 'Away'],
  ['invisible', 'Invisible'],
] as const satisfies readonly (readonly [Availability, string])[];

const THEMES = [
  ['system', 'Like the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const satisfies readonly (readonly [Theme, string])[];

type Open = 'profile' | 'sessions' | 'password' | 'sign-out';

export function ProfileMenu() {
  const shell = useShell();
  const me = useAppState((state) => state.me);
  const availability = useAppState((state) => state.availability);
  const look = useStore(theme, (chosen) => chosen);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const live = useAppState(({ connection }) => connection.phase.name === 'live');
  // Without a connection nobody sees one, whatever was chosen.
  const shown = live && availability !== 'invisible' ? availability : 'offline';
  const chosen = AVAILABILITIES.find(([value]) => value === availability)?.[1];
  return (
    <footer className="me">
      <Menu
        align="start"
        trigger={
          <button className="me-button" aria-label={`Your account: ${me.display_name}`}>
            <Avatar id={me.id} name={me.display_name} presence={shown} />
            <span className="me-names">
              <bdi className="me-name one-line">{me.display_name}</bdi>
              <span className="me-status one-line">
                {live ? (me.status_text ?? chosen) : 'Not connected'}
              </span>
            </span>
            <Icon name="more" />
          </button>
        }
      >
        <MenuItem icon="person" onSelect={() => setOpen('profile')}>
          Name and status
        </MenuItem>
        <MenuItem icon="devices" onSelect={() => setOpen('sessions')}>
          Where you are signed in
        </MenuItem>
        {me.origin === 'account' && (
          <MenuItem icon="key" onSelect={() => setOpen('password')}>
            Change password
          </MenuItem>
        )}
        <MenuLine />
        <MenuChoice
          label="Others see you as"
          value={availability}
          options={AVAILABILITIES}
          onChange={(chosen) => {
            saveAvailability(me.id, chosen);
            shell.setAvailability(chosen);
          }}
        />
        <MenuLine />
        <MenuChoice label="Look" value={look} options={THEMES} onChange={setTheme} />
        <MenuLine />
        <OtherAccounts />
        <MenuItem icon="leave" tone="danger" onSelect={() => setOpen('sign-out')}>
          Sign out
        </MenuItem>
      </Menu>
      {open === 'profile' && <ProfileDialog onClose={close} />}
      {open === 'sessions' && <SessionsDialog onClose={close} />}
      {open === 'password' && <PasswordDialog onClose={close} />}
      {open === 'sign-out' && <SignOut onClose={close} />}
    </footer>
  );
}

function OtherAccounts() {
  const me = useAppState((state) => state.me.id);
  const navigate = useNavigate();
  const change = (id: string) => {
    void navigate('/');
    openAccount(id);
  };
  return (
    <>
      {accounts()
        .filter(({ user }) => user.id !== me)
        .map(({ user }) => (
          <MenuItem key={user.id} icon="people" onSelect={() => change(user.id)}>
            <span className="one-line">Switch to {user.display_name}</span>
          </MenuItem>
        ))}
      <MenuItem icon="plus" onSelect={() => void navigate('/sign-in?add')}>
        Add another account
      </MenuItem>
    </>
  );
}

function SignOut({ onClose }: { onClose: () => void }) {
  const unsent = useAppState(
    ({ outbox }) => outbox.entries.filter(({ state }) => state.name !== 'sent').length,
  );
  const about =
    unsent === 0
      ? 'Drafts on this browser are removed. Your conversations stay on the server.'
      : `${unsent} of your messages ${unsent === 1 ? 'has' : 'have'} not been sent yet and would be lost.`;
  return (
    <Confirm
      title="Sign out?"
      about={about}
      action="Sign out"
      onConfirm={signOut}
      onClose={onClose}
    />
  );
}
