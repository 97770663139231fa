#!/usr/bin/env node
'use strict';

/** `npx bedrock-profile-client <command>`: a table of commands, each in a file of its own. */

require('./node-version.js');

const { parseArgs } = require('node:util');
const { version } = require('../package.json');

const COMMANDS = {
  local: {
    summary: 'start a local stand-in for Bedrock, for tests and trials',
    load: () => require('./cli-local.js'),
  },
  ui: {
    summary: 'serve the page and its API on this machine',
    load: () => require('./cli-ui.js'),
  },
  librechat: {
    summary: 'patch a checkout of LibreChat, so that it calls Bedrock through this package',
    load: () => require('./cli-librechat.js'),
  },
};

const NAME = 'bedrock-profile-client';

function usage() {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const commands = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}   ${summary}`,
  );
  return [
    `Usage: ${NAME} <command> [options]`,
    '',
    'Commands:',
    ...commands,
    '',
    'Options:',
    '  --help      show this, or the help of a command',
    '  --version   show the version',
    '',
  ].join('\n');
}

/** What the user typed is wrong: reported in one line, exit code 2. */
function misuse(text, stderr) {
  stderr.write(`${NAME}: ${text}\n`);
  return 2;
}

/**
 * @param {string[]} argv the arguments after the program's name
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream, signal?: AbortSignal }} io
 * @returns {Promise<number>} the exit code
 */
async function main(argv, io) {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${version}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h') {
    io.stdout.write(usage());
    return 0;
  }
  if (first === undefined) {
    io.stderr.write(usage());
    return 2;
  }
  if (!Object.hasOwn(COMMANDS, first)) {
    const what = first.startsWith('-') ? 'option' : 'command';
    return misuse(
      `unknown ${what} ${first}; commands are ${Object.keys(COMMANDS).join(', ')}. Try --help.`,
      io.stderr,
    );
  }
  const command = COMMANDS[first].load();
  let values;
  let positionals;
  try {
    ({ values, positionals } = parseArgs({
      args: rest,
      allowPositionals: command.positionals ?? false,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    return misuse(`${first}: ${error.message} Try ${first} --help.`, io.stderr);
  }
  if (values.help) {
    io.stdout.write(command.help);
    return 0;
  }
  try {
    return await command.run(values, io, positionals);
  } catch (error) {
    if (error instanceof TypeError || error.code === 'EADDRINUSE' || error.code === 'EACCES') {
      return misuse(`${first}: ${error.message}`, io.stderr);
    }
    throw error;
  }
}

if (require.main === module) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort());
  main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
  }).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      process.stderr.write(`${NAME}: ${error.stack}\n`);
      process.exitCode = 1;
    },
  );
}

module.exports = { main };
