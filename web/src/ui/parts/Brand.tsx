/** The mark: a speech bubble full of tide. And the name beside it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32">
      <path
        fill="var(--mark, var(--accent))"
        d="M16 2.5c7.9 0 14 5.4 14 12.3 0 6.9-6.1 12.3-14 12.3-1.5 0-3-.2-4.4-.6L5 29.5l1.3-6.2C3.6 21 2 18.1 2 14.8 2 7.9 8.1 2.5 16 2.5z"
      />
      <path
        fill="none"
        stroke="var(--mark-wave, var(--on-accent))"
        strokeWidth="2.6"
        strokeLinecap="round"
        d="M8 13.2c2.7-2.9 5.3-2.9 8 0s5.3 2.9 8 0M8 18.9c2.7-2.9 5.3-2.9 8 0s5.3 2.9 8 0"
      />
    </svg>
  );
}

export function Brand() {
  return (
    <span className="brand">
      <Mark />
      Tidings
    </span>
  );
}
