import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

/** The query of the address, as state: search, filters and sorting survive a reload and can be sent on. */
export function useQueryState(): [
  URLSearchParams,
  (changes: Record<string, string | null>) => void,
] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const parameters = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (changes: Record<string, string | null>) => {
      const now = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') now.delete(name);
        else now.set(name, value);
      }
      const text = now.toString();
      navigate(text === '' ? path : `${path}?${text}`, { replace: true });
    },
    [navigate, path],
  );
  return [parameters, change];
}
