'use strict';

// Large objects of JSON, read and written a piece at a time.

const { Pace } = require('./pace.js');

/** Characters of a piece, and entries of one that is written. */
const PIECE = 128 * 1024;
const ENTRIES = 500;

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

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
    else if (OPEN.has(code)) depth += 1;
    else if (CLOSE.has(code)) {
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
  const entries = new Map();
  const pace = new Pace();
  try {
    for (const piece of piecesOf(text)) {
      for (const [key, value] of Object.entries(JSON.parse(`{${piece}}`))) entries.set(key, value);
      if (pace.isOver) await pace.rest();
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    JSON.parse(text); // it says where
    throw error;
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
