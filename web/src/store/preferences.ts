/** What a person has set on this browser: the look, and how present they want to seem. */
import type { Availability, UserId } from '../api/types.ts';
import { createStore } from './store.ts';

const THEME = 'tidings.theme';

export type Theme = 'system' | 'light' | 'dark';

export const theme = createStore<Theme>('system');

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');

/** Puts the look on the page, and keeps it in step with the system where that decides. */
export function applyTheme(): void {
  const stored = localStorage.getItem(THEME);
  theme.set(() => (stored === 'light' || stored === 'dark' ? stored : 'system'));
  paint();
  prefersDark.addEventListener('change', paint);
}

export function setTheme(chosen: Theme): void {
  localStorage.setItem(THEME, chosen);
  theme.set(() => chosen);
  paint();
}

function paint(): void {
  const chosen = theme.get();
  const system = prefersDark.matches ? 'dark' : 'light';
  document.documentElement.dataset['theme'] = chosen === 'system' ? system : chosen;
}

export function availabilityOf(user: UserId): Availability {
  const stored = localStorage.getItem(`tidings.availability.${user}.`);
  return stored === 'away' || stored === 'invisible' ? stored : 'online';
}

export function saveAvailability(user: UserId, availability: Availability): void {
  localStorage.setItem(`tidings.availability.${user}.`, availability);
}
