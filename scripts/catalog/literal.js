'use strict';

/**
 * Reads literals out of the source text of published packages, Python's or JavaScript's: dicts or
 * objects, lists or tuples, strings, numbers, True/true, False/false, None/null. Runs nothing.
 */

const WORDS = { True: true, true: true, False: false, false: false, None: null, null: null };
const ESCAPES = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '\n': '' };

/**
 * The literal that begins at `from`.
 * @param {string} source
 * @param {number} from
 */
function literal(source, from = 0) {
  let at = from;
  const fail = (what) => {
    const line = source.slice(0, at).split('\n').length;
    throw new Error(
      `line ${line}: expected ${what}, found ${JSON.stringify(source.slice(at, at + 20))}`,
    );
  };
  const skip = () => {
    at += /^(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)*/.exec(source.slice(at, at + 65536))[0].length;
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const text = () => {
    let out;
    for (skip(); source[at] === '"' || source[at] === "'"; skip()) {
      const [whole] =
        take(/"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y) ?? fail('the end of a string');
      const body = whole.slice(1, -1);
      out = (out ?? '') + body.replace(/\\([^])/g, (all, one) => ESCAPES[one] ?? all);
    }
    return out;
  };
  const items = (close, item) => {
    at += 1;
    for (skip(); source[at] !== close; skip()) {
      item();
      skip();
      if (source[at] === ',') at += 1;
      else if (source[at] !== close) fail(`, or ${close}`);
    }
    at += 1;
  };
  const value = () => {
    skip();
    const begin = source[at];
    if (begin === '"' || begin === "'") return text();
    if (begin === '{') {
      const out = {};
      items('}', () => {
        const key = text() ?? take(/[A-Za-z_$][\w$]*/y)?.[0] ?? fail('a key');
        skip();
        if (source[at] !== ':') fail(':');
        at += 1;
        out[key] = value();
      });
      return out;
    }
    if (begin === '[' || begin === '(') {
      const out = [];
      items(begin === '[' ? ']' : ')', () => out.push(value()));
      return out;
    }
    const word = take(/(?:[Tt]rue|[Ff]alse|None|null)\b/y);
    if (word) return WORDS[word[0]];
    const number = take(/-?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?/iy);
    if (number) return Number(number[0].replaceAll('_', ''));
    return fail('a literal');
  };
  return value();
}

module.exports = { literal };
