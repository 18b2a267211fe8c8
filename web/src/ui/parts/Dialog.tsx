/** A dialog with a title; focus, Escape and the rest are Radix's. */
import { Dialog as Radix } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { explain } from '../../api/problem.ts';
import { Icon } from './Icon.tsx';
import { Trouble } from './Trouble.tsx';

interface DialogProps {
  title: string;
  about?: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, about, onClose, children }: DialogProps) {
  const described = about === undefined ? { 'aria-describedby': undefined } : {};
  return (
    <Radix.Root open onOpenChange={(open) => open || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-veil" />
        <Radix.Content className="dialog" {...described}>
          <div className="dialog-head">
            <Radix.Title className="dialog-title">{title}</Radix.Title>
            <Radix.Close className="icon-button" aria-label="Close">
              <Icon name="close" />
            </Radix.Close>
          </div>
          {about !== undefined && (
            <Radix.Description className="dialog-about">{about}</Radix.Description>
          )}
          <div className="dialog-body">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  title: string;
  about: string;
  action: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

export function Confirm({ title, about, action, onConfirm, onClose }: ConfirmProps) {
  const [trouble, setTrouble] = useState<string>();
  const confirm = () => {
    onConfirm().then(onClose, (error: unknown) => setTrouble(explain(error)));
  };
  return (
    <Dialog title={title} about={about} onClose={onClose}>
      <Trouble text={trouble} />
      <div className="dialog-actions">
        <button className="button button-quiet" onClick={onClose}>
          Cancel
        </button>
        <button className="button button-danger" onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
