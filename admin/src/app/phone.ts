import { useSyncExternalStore } from 'react';

const PHONE = window.matchMedia('(max-width: 47.99rem)');

/** Whether rows are cards, and what is beside something is below it. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(
    (listener) => {
      PHONE.addEventListener('change', listener);
      return () => PHONE.removeEventListener('change', listener);
    },
    () => PHONE.matches,
  );
}
