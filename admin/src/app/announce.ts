import { useSyncExternalStore } from 'react';

/** Toasts, and what a screen reader alone is told. */

export interface Toast {
  id: number;
  tone: 'success' | 'danger' | 'info';
  title: string;
  detail?: string | undefined;
}

let toasts: Toast[] = [];
let said = '';
let next = 1;
const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

/** Milliseconds; what went wrong stays until it is closed. */
const SHOWN = 7000;

export function dismissToast(id: number): void {
  toasts = toasts.filter((one) => one.id !== id);
  tell();
}

export function toast(tone: Toast['tone'], title: string, detail?: string): void {
  const id = next++;
  toasts = [...toasts.slice(-3), { id, tone, title, detail }];
  tell();
  if (tone !== 'danger') setTimeout(() => dismissToast(id), SHOWN);
}

/** Tells a screen reader something that is seen anyway. */
export function announce(text: string): void {
  // The same text twice is two announcements.
  said = said === text ? `${text}\u00a0` : text;
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useToasts = (): Toast[] => useSyncExternalStore(subscribe, () => toasts);
export const useAnnouncement = (): string => useSyncExternalStore(subscribe, () => said);
