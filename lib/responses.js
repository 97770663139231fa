'use strict';

/** What of a response JSON has no way to say. */

/**
 * Puts what is special in its place; each path ends with what it is: see `Decoded` in the core.
 *
 * @param {object} value
 * @param {(string | number)[][]} paths
 * @param {boolean} inOutput they begin at the value's `output`
 */
function unpack(value, paths, inOutput) {
  for (const path of paths) {
    const key = path[path.length - 2];
    let holder = inOutput ? value.output : value;
    for (let at = 0; at < path.length - 2; at += 1) holder = holder[path[at]];
    holder[key] = read(path[path.length - 1], holder[key]);
  }
}

function read(mark, value) {
  if (mark === 'blob') {
    const bytes = Buffer.from(value, 'base64');
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  if (mark === 'number') return Number(value);
  if (mark === 'timestamp') return new Date(Math.round(Number(value) * 1000));
  return exactly(mark.slice(1), value);
}

/** Whether JSON.parse shows the digits of numbers: where it does not, the AWS SDK rounds them. */
let showsDigits = false;
JSON.parse('1', (_key, _value, context) => {
  showsDigits = context?.source === '1';
});

/** A longer number is kept as its digits: to write it out would hold up everyone for seconds. */
const MOST_DIGITS = 10_000;

/** A number that may have more digits than a double, as the AWS SDK reads it. */
function exactly(digits, value) {
  if (!showsDigits) return value;
  const written = decimal(digits);
  if (Number.isSafeInteger(Math.trunc(value))) {
    const kept = decimal(String(value));
    const same = Object.is(value, -0) || (written.digits === kept.digits && written.at === kept.at);
    return same ? value : new NumericValue(digits);
  }
  const isFraction = written.at < 0 || (digits.includes('.') && !/e/i.test(digits));
  if (isFraction || written.at > MOST_DIGITS) {
    return new NumericValue(digits);
  }
  return BigInt(written.digits) * 10n ** BigInt(written.at);
}

/** `digits × 10^at`, without zeros at either end. */
function decimal(text) {
  const [, sign, whole, part = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)(?:e(.+))?$/i.exec(text);
  const significant = `${whole}${part}`.replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return { digits: '0', at: 0 };
  return {
    digits: `${sign}${digits}`,
    at: Number(exponent) - part.length + significant.length - digits.length,
  };
}

/** The AWS SDK's decimal, whose class takes any object of this form for its own. */
class NumericValue {
  constructor(string) {
    this.string = string;
    this.type = 'bigDecimal';
  }

  toString() {
    return this.string;
  }
}

module.exports = { unpack };
