/** The icons, drawn on one grid of 20 with one stroke. Decorative: whoever uses one gives it words. */
const PATHS = {
  plus: 'M10 4v12M4 10h12',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13.2 13.2 17 17',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  close: 'M5 5l10 10M15 5 5 15',
  send: 'M3.5 10 16.5 4l-4 12.5-3-5zM9.5 11.5l3-3',
  reply: 'M8 5 3.5 9.5 8 14M4 9.5h6.5c3.5 0 6 2 6 5.5',
  people:
    'M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.5 16c.4-2.9 2.4-4.5 5-4.5s4.6 1.6 5 4.5M13 4.2a2.7 2.7 0 0 1 0 5.2M14.5 11.9c1.7.5 2.8 1.9 3 4.1',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l.9-.9',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  down: 'M10 4v11.5M5 10.5l5 5 5-5',
  hash: 'M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13M3 12.5h13',
  leave: 'M8 3.5H4.5v13H8M12 6.5l3.5 3.5-3.5 3.5M15 10H8',
  sun: 'M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M15.7 4.3l-1.3 1.3M5.6 14.4l-1.3 1.3',
  moon: 'M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z',
  person: 'M10 9.8a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6zM3.8 17c.5-3.2 3-5 6.2-5s5.7 1.8 6.2 5',
  devices: 'M3.5 5h10v7.5h-10zM2 15h8M13.5 8.5h4v8h-4z',
  pencil: 'M4 16l.8-3.4L13.2 4.2l2.6 2.6-8.4 8.4zM11.7 5.7l2.6 2.6',
  unread: 'M11.5 4H3.5v10.5h4l2.5 2.5 2.5-2.5h4V9M15.5 2.7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  trash: 'M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5',
  key: 'M12.8 3a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM9.7 10.3l-6.2 6.2M5.3 14.7l1.8 1.8M7.6 12.4l1.6 1.6',
  check: 'M4 10.5 8 14.5 16 6',
  copy: 'M7.5 7.5h9v9h-9zM4 12.5H3.5v-9h9V4',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6.2V10l2.6 1.8',
  alert: 'M10 3 2.5 16.5h15zM10 8v4M10 14.3h.01',
  wave: 'M2.5 8c2.5-2.7 5-2.7 7.5 0s5 2.7 7.5 0M2.5 13c2.5-2.7 5-2.7 7.5 0s5 2.7 7.5 0',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 2.6 : 1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
