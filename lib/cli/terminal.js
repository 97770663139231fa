'use strict';

// What commands write with: colours where they are wanted, tables, and progress on stderr.

const { clearInterval, clearTimeout, setInterval, setTimeout } = require('node:timers');

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Whether a stream is to have colours: https://no-color.org, and FORCE_COLOR as Node.js has it. */
function wantsColour(stream, env = process.env) {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR);
  return Boolean(stream.isTTY) && env.TERM !== 'dumb';
}

/** Styles for a stream: `style.red('text')`. */
function styles(stream) {
  const colours = wantsColour(stream);
  const styled = ([name, code]) => [
    name,
    (text) => (colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text),
  ];
  return Object.fromEntries(Object.entries(STYLES).map(styled));
}

/** Control characters of what others have named would be carried out by the terminal. */
// eslint-disable-next-line no-control-regex
const printable = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');

/** Rows of texts as columns; the first row is the head. */
function table(rows, style) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at])))
      .join('  ')
      .trimEnd();
  const [head, ...rest] = rows.map(line);
  return [style.dim(head), ...rest].map((text) => `${text}\n`).join('');
}

const PATIENCE = 1000;
const FRAMES = ['|', '/', '-', '\\'];

/**
 * Says on stderr what is waited for once that takes longer than a second: on a terminal in one line
 * that is replaced, elsewhere in a line for each thing.
 */
class Progress {
  #stream;
  #text = '';
  #shown = false;
  #timer;
  #spinner;
  #frame = 0;

  constructor(stream) {
    this.#stream = stream;
  }

  /** This is what is waited for now. */
  on(text) {
    this.#text = printable(text);
    if (this.#shown && this.#stream.isTTY) this.#draw();
    if (this.#timer !== undefined && this.#stream.isTTY) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), PATIENCE);
    this.#timer.unref();
  }

  #show() {
    this.#shown = true;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${this.#text} …\n`);
      return;
    }
    this.#draw();
    this.#spinner ??= setInterval(() => this.#draw(), 120);
    this.#spinner.unref();
  }

  #draw() {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const room = Math.max(10, (this.#stream.columns ?? 80) - 4);
    this.#stream.write(`\r\u001b[K${FRAMES[this.#frame]} ${this.#text.slice(0, room)}`);
  }

  /** Nothing more is waited for. */
  done() {
    clearTimeout(this.#timer);
    clearInterval(this.#spinner);
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\u001b[K');
    this.#timer = undefined;
    this.#spinner = undefined;
    this.#shown = false;
  }
}

module.exports = { Progress, printable, styles, table, wantsColour };
