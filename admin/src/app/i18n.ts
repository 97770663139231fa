import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type en from '../locales/en.json';
import { readSetting, writeSetting } from './settings';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

// A language is one file: what is in the folder is offered.
const files = import.meta.glob<{ default: typeof en }>('../locales/*.json');
const codeOf = (path: string): string => path.replace(/^.*\/|\.json$/g, '');

export const languages = Object.keys(files).map(codeOf).sort();

/** The name of a language in itself. */
export const languageName = (code: string): string =>
  new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Hebr', 'Nkoo', 'Rohg', 'Syrc', 'Thaa']);

const directionOf = (code: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(new Intl.Locale(code).maximize().script ?? '') ? 'rtl' : 'ltr';

/** The one that was chosen, else the first of the browser's that there is, else English. */
function preferred(): string {
  const wanted = [readSetting('language'), ...navigator.languages].filter((one) => one !== null);
  for (const one of wanted) {
    const base = one.toLowerCase().split('-')[0] ?? one;
    const found = languages.find(
      (code) => code.toLowerCase() === one.toLowerCase() || code === base,
    );
    if (found !== undefined) return found;
  }
  return 'en';
}

async function load(code: string): Promise<void> {
  if (i18next.hasResourceBundle(code, 'translation')) return;
  const file = files[`../locales/${code}.json`];
  if (file) i18next.addResourceBundle(code, 'translation', (await file()).default);
}

function applyLanguage(code: string): void {
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
}

export async function startLanguage(): Promise<void> {
  const code = preferred();
  await i18next.use(initReactI18next).init({
    lng: code,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await load(code);
  applyLanguage(code);
}

export async function setLanguage(code: string): Promise<void> {
  await load(code);
  writeSetting('language', code);
  applyLanguage(code);
  await i18next.changeLanguage(code);
}
