import { useSyncExternalStore } from 'react';
import { readSetting, writeSetting } from './settings';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: Theme[] = ['system', 'light', 'dark'];

let theme: Theme = THEMES.find((one) => one === readSetting('theme')) ?? 'system';
const listeners = new Set<() => void>();

/** Without the attribute the style sheet follows the system. */
export function applyTheme(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setTheme(next: Theme): void {
  theme = next;
  writeSetting('theme', next === 'system' ? null : next);
  applyTheme();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, () => theme);
