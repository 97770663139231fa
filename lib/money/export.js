'use strict';

/** Costs as texts for others to read. */

/** A column in a table: its name there, and the member of a row. */
const NUMBERS = {
  calls: 'calls',
  errors: 'errors',
  input_tokens: 'inputTokens',
  output_tokens: 'outputTokens',
  cache_read_tokens: 'cacheReadInputTokens',
  cache_write_tokens: 'cacheWriteInputTokens',
  cost_usd: 'cost',
  unpriced_calls: 'unpricedCalls',
  estimated_calls: 'estimatedCalls',
};

/** RFC 4180. An unknown cost is an empty field. */
function csv(rows, by) {
  const header = [...by, ...Object.keys(NUMBERS)];
  const lines = rows.map((row) => [
    ...by.map((name) => field(row[name])),
    ...Object.values(NUMBERS).map((name) => (row[name] === null ? '' : decimal(row[name] ?? 0))),
  ]);
  return [header, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** A number without an exponent, which not every reader knows. */
function decimal(value) {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(9).replace(/0+$/, '');
}

/** A text that no spreadsheet takes for a formula. */
function field(value) {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

module.exports = { csv };
