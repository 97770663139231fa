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
  return () => void listeners.delete(listener);
}

/** Resolves once there is a session. */
export const sessionIsBack = (): Promise<void> =>
  new Promise((resolve) => {
    const check = () => {
      if (isOver) return;
      stop();
      resolve();
    };
    const stop = subscribe(check);
    check();
  });

export const useSessionOver = (): boolean => useSyncExternalStore(subscribe, () => isOver);
