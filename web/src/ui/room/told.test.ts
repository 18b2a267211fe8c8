import { describe, expect, it } from 'vitest';
import type { RoomSettings } from '../../api/types.ts';
import type { Notice } from '../../sync/notices.ts';
import { foldedWith, toldOf, wordsOf, type Told } from './told.ts';

const settings = (name: string, more: Partial<RoomSettings> = {}): RoomSettings => ({
  name,
  history: 'all',
  slow_mode_s: 0,
  archived: false,
  ...more,
});
const head = { seq: 9, at_ms: 0, by: 'ana' };

function line(told: Told | undefined, me = 'me'): string | undefined {
  return (
    told &&
    wordsOf(told, me)
      .map((piece) =>
        typeof piece === 'string' ? piece : 'user' in piece ? piece.user : piece.text,
      )
      .join('')
  );
}

describe('a line', () => {
  it('tells who came by themselves from who was added', () => {
    expect(line(toldOf({ ...head, kind: 'joined', user: 'ana' }, undefined))).toBe('ana joined');
    expect(line(toldOf({ ...head, kind: 'joined', user: 'me' }, undefined))).toBe('ana added you');
    expect(line(toldOf({ ...head, kind: 'joined', user: 'bob' }, undefined), 'ana')).toBe(
      'You added bob',
    );
  });

  it('tells leaving from being removed', () => {
    const left = (reason: 'left' | 'removed' | 'banned') =>
      line(toldOf({ ...head, kind: 'left', user: 'bob', reason }, undefined));
    expect([left('left'), left('removed'), left('banned')]).toEqual([
      'bob left',
      'ana removed bob',
      'ana banned bob',
    ]);
  });

  it('says what changed, from what the log said before or what was known live', () => {
    const changed = (now: RoomSettings, before?: RoomSettings): Notice => ({
      ...head,
      kind: 'changed',
      settings: now,
      before,
    });
    const old = settings('Old');
    expect(line(toldOf(changed(settings('New')), old))).toBe('ana changed the name to “New”');
    expect(line(toldOf(changed(settings('New'), settings('New')), old))).toBeUndefined();
    expect(line(toldOf(changed(settings('Old', { description: 'x' })), old))).toBe(
      'ana changed what this room is about',
    );
    expect(line(toldOf(changed(settings('Old', { archived: true })), old))).toBe(
      'ana archived this room',
    );
    expect(line(toldOf(changed(settings('New')), undefined))).toBe(
      'ana changed this room’s details',
    );
  });

  it('holds all who came in a row, names three and counts the rest', () => {
    const join = (...users: string[]): Told => ({ act: 'joined', users });
    expect(line(foldedWith(join('a'), join('b')))).toBe('a and b joined');
    expect(line(join('a', 'b', 'me'))).toBe('a, b and you joined');
    expect(line(join('a', 'b', 'c', 'd', 'e'))).toBe('a, b and 3 others joined');
    expect(foldedWith(join('a'), { act: 'left', users: ['a'] })).toBeUndefined();
    const added = (by: string, user: string): Told => ({ act: 'added', by, users: [user] });
    expect(line(foldedWith(added('x', 'a'), added('x', 'b')))).toBe('x added a and b');
    expect(foldedWith(added('x', 'a'), added('y', 'b'))).toBeUndefined();
  });
});
