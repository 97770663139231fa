'use strict';

// Large objects of JSON, read and written a piece at a time.

const { Pace } = require('./pace.js');

/** Characters of a piece, and entries of one that is written. */
const PIECE = 128 * 1024;
const ENTRIES = 500;

const [QUOTE, COMMA, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [...'",[\\]{}'].map((one) =>
  one.charCodeAt(0),
);

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where the string ends that begins here. */
function endOfString(text, start) {
  for (let at = start; ;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw new SyntaxError('a string does not end');
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((at - before) % 2 === 1) return at;
  }
}

/** The members of an object, as texts that are objects without their braces. */
function* piecesOf(text) {
  const start = text.indexOf('{') + 1;
  let depth = 0;
  let begin = start;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE || code === CLOSE_LIST) {
      depth -= 1;
      if (depth < 0) {
        const last = text.slice(begin, at);
        if (text.slice(at).trim() !== '}' || (begin > start && last.trim() === ''))
          throw new SyntaxError('it is no object');
        yield last;
        return;
      }
    } else if (code === COMMA && depth === 0 && at - begin >= PIECE) {
      yield text.slice(begin, at);
      begin = at + 1;
    }
  }
  throw new SyntaxError('it does not end');
}

/** Where a member begins in what JSON.stringify() has written with two spaces: no string has such a line. */
const NEXT = ',\n  "';
const PRETTY = /^\{\n {2}"/;

/** The same of such a text, without looking at each character. One that was cut wrongly is no JSON. */
function* prettyPiecesOf(text) {
  const end = text.lastIndexOf('}');
  if (text.slice(end + 1).trim() !== '') throw new SyntaxError('it is no object');
  let begin = 1;
  for (;;) {
    const cut = text.indexOf(NEXT, begin + PIECE);
    if (cut < 0) break;
    yield text.slice(begin, cut);
    begin = cut + 1;
  }
  yield text.slice(begin, end);
}

/**
 * The entries of a JSON object; what is none is given back as it is.
 *
 * @param {string} text
 * @returns {Promise<Map<string, unknown> | unknown>}
 * @throws SyntaxError as JSON.parse() does
 */
async function entriesOf(text) {
  if (text.length <= PIECE || !text.trimStart().startsWith('{')) {
    const value = JSON.parse(text);
    return isMap(value) ? new Map(Object.entries(value)) : value;
  }
  for (const cut of PRETTY.test(text) ? [prettyPiecesOf, piecesOf] : [piecesOf]) {
    const entries = await membersOf(cut(text));
    if (entries !== undefined) return entries;
  }
  return new Map(Object.entries(JSON.parse(text))); // it says where it is wrong
}

/** The members of all pieces; `undefined` where one of them is none. */
async function membersOf(pieces) {
  const entries = new Map();
  const pace = new Pace();
  try {
    for (const piece of pieces) {
      const members = JSON.parse(`{${piece}}`);
      for (const key of Object.keys(members)) entries.set(key, members[key]);
      if (pace.isOver) await pace.rest();
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  return entries;
}

/** Each so many entries, made into a text. */
async function inParts(entries, write) {
  const all = [...entries];
  const texts = [];
  const pace = new Pace();
  for (let at = 0; at < all.length; at += ENTRIES) {
    texts.push(write(all.slice(at, at + ENTRIES)));
    if (pace.isOver) await pace.rest();
  }
  return texts;
}

/** Entries as a text of JSON; with `isPretty`, as JSON.stringify() writes it with two spaces. */
async function jsonOf(entries, isPretty = false) {
  const parts = await inParts(entries, (some) => {
    const text = JSON.stringify(Object.fromEntries(some), null, isPretty ? 2 : undefined);
    return isPretty ? text.slice(2, -2) : text.slice(1, -1);
  });
  if (!isPretty) return `{${parts.join(',')}}`;
  return parts.length === 0 ? '{}\n' : `{\n${parts.join(',\n')}\n}\n`;
}

module.exports = { entriesOf, inParts, jsonOf };
