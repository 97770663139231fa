import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { api } from '../api/client';
import { asApiError } from '../api/problem';
import { sessionIsBack } from '../api/session';

/**
 * A part of the page that is loaded when it is shown. Its files are for sessions alone: if the session is over, it is
 * loaded once there is one again.
 */
export function lazily<P>(
  load: () => Promise<{ default: ComponentType<P> }>,
): LazyExoticComponent<ComponentType<P>> {
  const patiently = async () => {
    try {
      return await load();
    } catch {
      try {
        await api.GET('/session');
      } catch (error) {
        if (!asApiError(error).isSessionOver) throw error;
        await sessionIsBack();
      }
      return load();
    }
  };
  return lazy(patiently);
}
