/** The frame of all pages before signing in: a view over water, and the form on the shore. */
import type { ReactNode } from 'react';
import { Brand } from '../parts/Brand.tsx';
import './entrance.css';

export function EntranceLayout({ children }: { children: ReactNode }) {
  return (
    <main className="entrance">
      <section className="entrance-view" aria-hidden="true">
        <Brand />
        <p className="entrance-motto">
          Word from your people,
          <br />
          as it comes in.
        </p>
        <Tide />
      </section>
      <section className="entrance-shore">
        <div className="entrance-card">
          <div className="entrance-brand">
            <Brand />
          </div>
          {children}
        </div>
      </section>
    </main>
  );
}

const LINES = Array.from({ length: 9 }, (_, index) => index);

/** Swells that come closer towards the bottom. */
function Tide() {
  return (
    <svg className="tide" viewBox="0 0 600 360" preserveAspectRatio="xMidYMax slice">
      {LINES.map((line) => (
        <path
          key={line}
          d={swell(line)}
          style={{ opacity: 0.1 + line * 0.07, animationDelay: `${line * -1.3}s` }}
        />
      ))}
    </svg>
  );
}

function swell(line: number): string {
  const y = 30 + line * 26 + line * line * 1.6;
  const width = 60 + line * 16;
  const height = 3 + line * 2.6;
  const start = -200 - line * 23;
  const count = Math.ceil(1000 / width);
  const waves = Array.from(
    { length: count },
    () => `q${width / 4} ${-height} ${width / 2} 0t${width / 2} 0`,
  );
  return `M${start} ${y}${waves.join('')}`;
}
