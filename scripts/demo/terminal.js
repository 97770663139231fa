'use strict';

/** Writing to a terminal, or to what is none: colours, widths, tables. */

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};
const MIN_WIDTH = 40;
const MAX_WIDTH = 110;
const GAP = 2;
/** The narrowest last column of a table. */
const MIN_COLUMN = 24;
/** The column under which the notes of a table begin. */
const NOTE_COLUMN = 2;

/** Text of others may hold control sequences; a terminal must not obey them. */
// eslint-disable-next-line no-control-regex
const printable = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/** Lines of at most `width` columns, cut at spaces, and within a word that is longer than that. */
function wrap(text, width) {
  const lines = [];
  for (const paragraph of printable(text).split('\n')) {
    let line = '';
    for (let word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = '';
      }
      while (word.length > width) {
        lines.push(word.slice(0, width));
        word = word.slice(width);
      }
      line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

class Terminal {
  /**
   * @param {NodeJS.WriteStream} out
   * @param {Record<string, string | undefined>} env
   */
  constructor(out, env = process.env) {
    this.out = out;
    this.live = Boolean(out.isTTY);
    this.colour = this.live && !env.NO_COLOR && env.TERM !== 'dumb';
    this.width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, (out.columns ?? 100) - 1));
  }

  style(name, text) {
    if (!this.colour) return text;
    const [on, off] = CODES[name];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  line(text = '') {
    this.out.write(`${text}\n`);
  }

  heading(text) {
    const rule = '─'.repeat(Math.max(3, this.width - text.length - 4));
    this.line();
    this.line(
      `${this.style('cyan', '──')} ${this.style('bold', text)} ${this.style('cyan', rule)}`,
    );
  }

  /** A name and its text, the text wrapped beside it. */
  field(name, text, style) {
    const indent = 14;
    const lines = wrap(text, this.width - indent);
    lines.forEach((each, index) => {
      const head = index === 0 ? this.style('dim', name.padEnd(indent)) : ' '.repeat(indent);
      this.line(head + (style ? this.style(style, each) : each));
    });
  }

  /**
   * A table whose last column takes the width that is left; one block for each row where that is
   * too little.
   *
   * @param {string[]} titles
   * @param {{ cells: string[], note?: string, style?: (cell: string, at: number) => string }[]} rows
   *   `note` stands below its row
   */
  table(titles, rows) {
    const indent = ' '.repeat(GAP);
    const sizes = titles.map((title, at) =>
      Math.max(title.length, ...rows.map(({ cells }) => printable(cells[at]).length)),
    );
    const fixed = sizes.slice(0, -1).reduce((sum, size) => sum + size + GAP, GAP);
    if (this.width - fixed < MIN_COLUMN) {
      this.#stack(titles, rows);
      return;
    }
    sizes[sizes.length - 1] = this.width - fixed;
    const row = (cells, style) => {
      const columns = cells.map((cell, at) => wrap(cell, sizes[at]));
      const height = Math.max(...columns.map((lines) => lines.length));
      for (let n = 0; n < height; n += 1) {
        const parts = columns.map((lines, at) => style((lines[n] ?? '').padEnd(sizes[at]), at));
        this.line(indent + parts.join(indent).trimEnd());
      }
    };
    row(titles, (cell) => this.style('dim', cell));
    const noteIndent = ' '.repeat(
      sizes.slice(0, NOTE_COLUMN).reduce((sum, size) => sum + size + GAP, GAP),
    );
    for (const { cells, note, style = (cell) => cell } of rows) {
      row(cells, style);
      for (const line of note ? wrap(note, this.width - noteIndent.length) : []) {
        this.line(noteIndent + this.style('dim', line));
      }
    }
  }

  #stack(titles, rows) {
    const indent = GAP + Math.max(...titles.map(({ length }) => length)) + GAP;
    for (const { cells, note } of rows) {
      cells.forEach((cell, at) => {
        wrap(cell, this.width - indent).forEach((line, index) => {
          const head =
            index === 0 ? `${' '.repeat(GAP)}${titles[at]}`.padEnd(indent) : ' '.repeat(indent);
          this.line(this.style('dim', head) + line);
        });
      });
      for (const line of note ? wrap(note, this.width - GAP) : []) {
        this.line(`${' '.repeat(GAP)}${this.style('dim', line)}`);
      }
      this.line();
    }
  }

  /** Replaces the last line on a terminal; elsewhere nothing can be replaced. */
  status(text) {
    if (this.live) this.out.write(`\r\u001b[2K${text.slice(0, this.width)}`);
  }

  clearStatus() {
    if (this.live) this.out.write('\r\u001b[2K');
  }
}

/** Writes text that comes in pieces, wrapped at words, indented. */
class Flow {
  #terminal;
  #style;
  #column = 0;
  #word = '';

  constructor(terminal, style) {
    this.#terminal = terminal;
    this.#style = style;
  }

  #put(text) {
    this.#terminal.out.write(this.#style ? this.#terminal.style(this.#style, text) : text);
  }

  #flush() {
    if (this.#word === '') return;
    const room = this.#terminal.width - 2;
    if (this.#column > 0 && this.#column + 1 + this.#word.length > room) this.#newline();
    if (this.#column > 0) this.#put(' ');
    else this.#put('  ');
    this.#put(this.#word);
    this.#column += this.#word.length + 1;
    this.#word = '';
  }

  #newline() {
    this.#terminal.out.write('\n');
    this.#column = 0;
  }

  write(piece) {
    for (const part of printable(piece).split(/(\s)/)) {
      if (part === '\n') {
        this.#flush();
        this.#newline();
      } else if (/^\s$/.test(part)) {
        this.#flush();
      } else {
        this.#word += part;
      }
    }
  }

  end() {
    this.#flush();
    if (this.#column > 0) this.#newline();
  }
}

module.exports = { Terminal, Flow, wrap, printable };
