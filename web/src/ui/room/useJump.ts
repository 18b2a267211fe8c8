/** Going to a message, or to the end, also where it is not loaded yet. */
import type { Virtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useState } from 'react';
import type { RoomId, Seq } from '../../api/types.ts';
import { useShell } from '../shellContext.ts';
import type { Row } from './rows.ts';

const FLASH_MS = 1_800;

interface JumpSource {
  room: RoomId;
  rows: readonly Row[];
  virtual: Virtualizer<HTMLDivElement, Element>;
  /** The latest messages are loaded. */
  whole: boolean;
}

export function useJump({ room, rows, virtual, whole }: JumpSource) {
  const shell = useShell();
  const [target, setTarget] = useState<Seq>();
  const index =
    target === undefined
      ? -1
      : rows.findIndex((row) => row.type === 'message' && row.message.seq === target);

  useEffect(() => {
    if (target === undefined) return;
    if (index < 0) {
      void shell.load.page(room, { around: target });
      return;
    }
    virtual.scrollToIndex(index, { align: 'center' });
    const timer = setTimeout(() => setTarget(undefined), FLASH_MS);
    return () => clearTimeout(timer);
    // Rows that come while it is on screen must not pull it back.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shell, room, target, index < 0]);

  const jumpToEnd = useCallback(() => {
    if (whole) virtual.scrollToEnd();
    else
      void shell.load.latest(room).then(() => requestAnimationFrame(() => virtual.scrollToEnd()));
  }, [shell, room, virtual, whole]);

  return { target, jumpTo: setTarget, jumpToEnd };
}
