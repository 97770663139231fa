import { useSyncExternalStore } from 'react';

/** Whether the session is over; what is typed stays, as nothing is unmounted because of it. */
let isOver = false;
const listeners = new Set<() => void>();

export function setSessionOver(over: boolean): void {
  if (isOver === over) return;
  isOver = over;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSessionOver = (): boolean => useSyncExternalStore(subscribe, () => isOver);
