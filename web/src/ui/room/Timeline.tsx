/**
 * The conversation. Only what is near the screen is in the page; older messages come as one scrolls up
 * and nothing on screen moves for it; at the end it follows what comes in.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type RefObject } from 'react';
import type { Room, Seq } from '../../api/types.ts';
import { empty, olderThan, reachesHead } from '../../sync/timeline.ts';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState, useShell } from '../shellContext.ts';
import { JumpButton } from './JumpButton.tsx';
import { MessageRow } from './MessageRow.tsx';
import { RoomStart } from './RoomStart.tsx';
import { rowsFor, type Row } from './rows.ts';
import { ToldRow } from './ToldRow.tsx';
import { useJump } from './useJump.ts';
import { useSeen } from './useSeen.ts';

/** Space above the first row, in which the sign of loading stands. */
const HEADROOM_PX = 56;
const END_PX = 80;
const ESTIMATES_PX = { start: 180, gap: 58, message: 58, told: 30 } as const;
/** Rows before the top of the screen at which older ones are asked for. */
const AHEAD_ROWS = 12;

interface TimelineProps {
  room: Room;
  newFrom: Seq | undefined;
  onReply: (seq: Seq) => void;
}

export function Timeline({ room, newFrom, onReply }: TimelineProps) {
  const shell = useShell();
  const me = useAppState((state) => state.me.id);
  const timeline = useAppState((state) => state.timelines[room.id] ?? empty);
  const entries = useAppState((state) => state.outbox.entries);
  const trouble = useAppState(
    ({ troubles }) => troubles[`page ${room.id}`] ?? troubles[`latest ${room.id}`],
  );
  const outgoing = useMemo(
    () => entries.filter(({ letter }) => letter.room === room.id),
    [entries, room.id],
  );
  const rows = useMemo(
    () => rowsFor({ room: room.id, me, timeline, outgoing, newFrom }),
    [room.id, me, timeline, outgoing, newFrom],
  );

  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => ESTIMATES_PX[rows[index]?.type ?? 'message'],
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 10,
    anchorTo: 'end',
    scrollEndThreshold: END_PX,
    paddingStart: HEADROOM_PX,
    paddingEnd: 8,
  });
  // A row changes at its top (the day, the name) when its neighbours become known: what stands below
  // the upper edge of the screen keeps its place.
  virtual.shouldAdjustScrollPositionOnItemSizeChange = (item, _delta, { scrollOffset }) =>
    item.start < (scrollOffset ?? 0);
  const items = virtual.getVirtualItems();
  const whole = reachesHead(timeline);

  usePlaceOnce(rows, newFrom, virtual);
  const { target, jumpTo, jumpToEnd } = useJump({ room: room.id, rows, virtual, whole });
  const { atEnd, look } = useSeen({ room: room.id, rows, timeline, virtual, scroller });
  useFollowOwn(outgoing.length, jumpToEnd);
  useStayAtEnd(scroller, virtual);
  useFollow(rows.at(-1)?.key, atEnd && whole, virtual);

  const before = olderThan(timeline);
  const topmost = items[0]?.index ?? 0;
  useEffect(() => {
    if (trouble !== undefined || rows.length === 0) return;
    const gap = items.map(({ index }) => rows[index]).find((row) => row?.type === 'gap');
    if (gap?.type === 'gap') void shell.load.page(room.id, { after: gap.from - 1 });
    else if (before !== undefined && topmost < AHEAD_ROWS)
      void shell.load.page(room.id, { before });
  });

  const retry = () => void shell.load.page(room.id, before === undefined ? {} : { before });
  return (
    <div className="timeline-place">
      <div
        ref={scroller}
        className="timeline"
        role="log"
        aria-live="off"
        aria-label="Messages"
        tabIndex={0}
        onScroll={look}
      >
        <div className="timeline-tall" style={{ height: virtual.getTotalSize() }}>
          {before !== undefined && (
            <div className="older" aria-hidden={trouble === undefined}>
              {trouble === undefined ? (
                <span className="spinner" />
              ) : (
                <Trouble text={trouble} onRetry={retry} />
              )}
            </div>
          )}
          {items.map(({ key, index, start }) => (
            <div
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              className="timeline-row"
              style={{ transform: `translateY(${start}px)` }}
            >
              <RowView
                row={rows[index]}
                room={room}
                target={target}
                onReply={onReply}
                onJump={jumpTo}
              />
            </div>
          ))}
        </div>
        {rows.length === 0 && <Trouble text={trouble} onRetry={retry} />}
      </div>
      <JumpButton room={room.id} hidden={atEnd && whole} onJump={jumpToEnd} />
    </div>
  );
}

interface RowViewProps {
  row: Row | undefined;
  room: Room;
  target: Seq | undefined;
  onReply: (seq: Seq) => void;
  onJump: (seq: Seq) => void;
}

function RowView({ row, room, target, onReply, onJump }: RowViewProps) {
  switch (row?.type) {
    case 'start':
      return <RoomStart room={room} />;
    case 'gap':
      return (
        <p className="gap">
          <span className="spinner" /> Loading what is missing here
        </p>
      );
    case 'told':
      return <ToldRow row={row} />;
    case 'message': {
      const flash = target !== undefined && row.message.seq === target;
      return <MessageRow row={row} room={room} flash={flash} onReply={onReply} onJump={onJump} />;
    }
    default:
      return null;
  }
}

type Virtual = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>;

/** When the first rows are there: at the line of news, or at the end. */
function usePlaceOnce(rows: readonly Row[], newFrom: Seq | undefined, virtual: Virtual): void {
  const placed = useRef(false);
  useLayoutEffect(() => {
    if (placed.current || rows.length === 0) return;
    const line =
      newFrom === undefined ? -1 : rows.findIndex((row) => row.type === 'message' && row.firstNew);
    if (line > 0) virtual.scrollToIndex(line, { align: 'start' });
    else virtual.scrollToEnd();
    placed.current = true;
  }, [rows, newFrom, virtual]);
}

/** Who reads the end goes on seeing it when the composer grows or the keyboard comes up. */
function useStayAtEnd(scroller: RefObject<HTMLDivElement | null>, virtual: Virtual): void {
  useEffect(() => {
    const view = scroller.current;
    if (!view) return;
    let height = view.clientHeight;
    const observer = new ResizeObserver(() => {
      const wasAtEnd = view.scrollHeight - view.scrollTop - height < END_PX;
      const changed = view.clientHeight !== height;
      height = view.clientHeight;
      if (changed && wasAtEnd) virtual.scrollToEnd();
    });
    observer.observe(view);
    return () => observer.disconnect();
  }, [scroller, virtual]);
}

/**
 * New messages are followed by who is at the end of the conversation. Who is at the edge of a hole that
 * is being filled reads on from there instead.
 */
function useFollow(lastKey: string | undefined, follows: boolean, virtual: Virtual): void {
  const before = useRef({ lastKey, follows });
  useLayoutEffect(() => {
    const then = before.current;
    if (then.follows && then.lastKey !== lastKey) virtual.scrollToEnd();
    before.current = { lastKey, follows };
  }, [lastKey, follows, virtual]);
}

/** Whoever writes wants to see it, wherever they were reading. */
function useFollowOwn(count: number, jumpToEnd: () => void): void {
  const last = useRef(count);
  useEffect(() => {
    if (count > last.current) jumpToEnd();
    last.current = count;
  }, [count, jumpToEnd]);
}
