/** Where the router is mounted, with a slash at the end: the folder above that of the built files. */
export const mount = import.meta.env.DEV
  ? '/'
  : new URL(/* @vite-ignore */ '..', import.meta.url).pathname;

/** The address of an operation of the API. */
export const apiUrl = (path: string): string => `${mount}api${path}`;
