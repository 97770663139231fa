'use strict';

/** The languages of the page: each has every text, and none has one that nobody uses. */

const fs = require('node:fs');
const path = require('node:path');

const SOURCE = path.join(__dirname, '..', 'admin', 'src');
const FOLDER = path.join(SOURCE, 'locales');

const LOCALES = fs.readdirSync(FOLDER).map((file) => path.basename(file, '.json'));

/** The texts of a language by their keys: `nav.profiles`. */
function textsOf(locale) {
  const found = new Map();
  const walk = (value, prefix) => {
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'string') found.set(prefix + name, member);
      else walk(member, `${prefix}${name}.`);
    }
  };
  walk(JSON.parse(fs.readFileSync(path.join(FOLDER, `${locale}.json`), 'utf8')), '');
  return found;
}

/** A key without the form of the number: other languages have other forms. */
const plain = (key) => key.replace(/_(?:zero|one|two|few|many|other)$/, '');

const keysOf = (texts) => [...new Set([...texts.keys()].map(plain))].sort();

const placeholders = (text) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

const english = textsOf('en');

/** What the sources name: keys as they stand, and those of which a part is put in. */
function used() {
  const files = fs
    .readdirSync(SOURCE, { recursive: true })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('schema.ts'));
  const text = files.map((file) => fs.readFileSync(path.join(SOURCE, file), 'utf8')).join('\n');
  const exact = new Set([...text.matchAll(/'([a-z]\w*(?:\.[\w-]+)+)'/gi)].map(([, key]) => key));
  const patterns = [...text.matchAll(/`([a-z]\w*\.[^`]*\$\{[^`]*)`/gi)].map(
    ([, template]) =>
      new RegExp(
        `^${template
          .split(/\$\{[^}]*\}/)
          .map((part) => part.replaceAll('.', '\\.'))
          .join('[\\w-]+')}$`,
      ),
  );
  return (key) => exact.has(key) || patterns.some((pattern) => pattern.test(key));
}

test('there is English, and another language', () => {
  expect(LOCALES).toContain('en');
  expect(LOCALES.length).toBeGreaterThan(1);
});

describe.each(LOCALES)('%s', (locale) => {
  const texts = textsOf(locale);

  test('has the keys that English has', () => {
    expect(keysOf(texts)).toEqual(keysOf(english));
  });

  test('has a form for each number that the language tells apart', () => {
    const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
    const counted = new Set([...texts.keys()].filter((key) => plain(key) !== key).map(plain));
    const missing = [...counted].flatMap((key) =>
      pluralCategories.map((form) => `${key}_${form}`).filter((form) => !texts.has(form)),
    );
    expect(missing).toEqual([]);
  });

  test('puts the same into each text as English does', () => {
    for (const [key, text] of texts) {
      const other = english.get(key) ?? english.get(`${plain(key)}_other`);
      expect([key, ...placeholders(text)]).toEqual([key, ...placeholders(other)]);
    }
  });

  test('has no empty text', () => {
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([]);
  });
});

test('the page uses every text', () => {
  const isUsed = used();
  expect(keysOf(english).filter((key) => !isUsed(key))).toEqual([]);
});
