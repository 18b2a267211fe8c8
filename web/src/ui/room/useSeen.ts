/** What of the timeline was on screen, told to the shell; and whether one is at the end. */
import type { Virtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useState, type RefObject } from 'react';
import type { RoomId, Seq } from '../../api/types.ts';
import { reachesHead, type Timeline } from '../../sync/timeline.ts';
import { useShell } from '../shellContext.ts';
import type { Row } from './rows.ts';

/** So near to the end counts as at the end. */
const END_PX = 80;
const EDGE_PX = 8;

interface SeenSource {
  room: RoomId;
  rows: readonly Row[];
  timeline: Timeline;
  virtual: Virtualizer<HTMLDivElement, Element>;
  scroller: RefObject<HTMLDivElement | null>;
}

export function useSeen({ room, rows, timeline, virtual, scroller }: SeenSource) {
  const shell = useShell();
  const [atEnd, setAtEnd] = useState(true);

  const look = useCallback(() => {
    const view = scroller.current;
    if (!view || rows.length === 0) return;
    const bottom = view.scrollTop + view.clientHeight;
    const end = view.scrollHeight - bottom < END_PX;
    setAtEnd(end);
    const items = virtual.getVirtualItems();
    const seqs = items
      // Wholly above the lower edge, or so long that it fills the screen.
      .filter((item) => item.end <= bottom + EDGE_PX || item.start <= view.scrollTop)
      .map((item) => seqOf(rows[item.index]));
    const seen = end && reachesHead(timeline) ? timeline.head : Math.max(0, ...seqs);
    if (seen > 0) shell.seen(room, seen);
  }, [shell, room, rows, timeline, virtual, scroller]);

  useEffect(() => {
    // Positions are known once the browser has laid the rows out.
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look]);

  useEffect(() => {
    const signals: [EventTarget, string][] = [
      [window, 'focus'],
      [window, 'resize'],
      [document, 'visibilitychange'],
    ];
    for (const [source, name] of signals) source.addEventListener(name, look);
    return () => {
      for (const [source, name] of signals) source.removeEventListener(name, look);
    };
  }, [look]);

  return { atEnd, look };
}

function seqOf(row: Row | undefined): Seq {
  if (row?.type === 'told') return row.seq;
  return row?.type === 'message' ? (row.message.seq ?? 0) : 0;
}
