/** What the browser remembers of a person: the theme and the language. Storage may be switched off. */

const name = (key: string): string => `bedrock-profile-client.${key}`;

export function readSetting(key: string): string | null {
  try {
    return localStorage.getItem(name(key));
  } catch {
    return null;
  }
}

export function writeSetting(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name(key));
    else localStorage.setItem(name(key), value);
  } catch {
    // It is remembered until the page is closed.
  }
}
