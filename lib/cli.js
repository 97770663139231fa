#!/usr/bin/env node
'use strict';

/** `npx bedrock-profile-client <command>`: the commands are in lib/cli/, each with its help. */

require('./node-version.js');

const { Command, CommanderError } = require('commander');
const { version } = require('../package.json');
const { Misuse } = require('./cli/common.js');
const { printable } = require('./cli/terminal.js');

const COMMANDS = [
  'doctor',
  'inspect',
  'discover',
  'cost',
  'chat',
  'librechat',
  'local',
  'ui',
  'completion',
];

const NAME = 'bedrock-profile-client';

/** Codes of what prevents a command because of what the user typed. */
const TYPED = ['EADDRINUSE', 'EACCES'];

function programFor(io) {
  const program = new Command(NAME)
    .description(
      'Amazon Bedrock inference profiles: find them, look at them, check a configuration',
    )
    .version(version, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this, or the help of a command')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, `${NAME}: `)),
    })
    .exitOverride();
  for (const name of COMMANDS) require(`./cli/${name}.js`).define(program, io);
  return program;
}

/** What a failed command says: one line for what the user can mend, with AWS's text and advice. */
function report(error, io) {
  const text = error.name === 'Misuse' || error.name === 'TypeError' ? '' : `${error.name}: `;
  io.stderr.write(`${NAME}: ${printable(`${text}${error.message}`)}\n`);
  if (error.hint) io.stderr.write(`${printable(error.hint)}\n`);
}

/** What this package says of a wrong option; V8's own TypeErrors are faults of this program. */
const isWrongInput = (error) =>
  error instanceof TypeError && !/^Cannot |is not (a |iterable|defined)/.test(error.message);

/** Whether an error is AWS's, or of the way there, and no fault of this program. */
const isExpected = (error) =>
  error.$metadata !== undefined || error.$fault !== undefined || typeof error.hint === 'string';

/**
 * @param {string[]} argv the arguments after the program's name
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream, stdin?: NodeJS.ReadableStream,
 *   signal?: AbortSignal }} io
 * @returns {Promise<number>} the exit code: 0 good, 1 something was found or has failed, 2 misuse
 */
async function main(argv, io) {
  const run = { ...io, code: 0 };
  // What an action gives is the exit code.
  run.ending =
    (action) =>
    async (...words) => {
      run.code = (await action(...words)) ?? 0;
    };
  try {
    await programFor(run).parseAsync(argv, { from: 'user' });
    return run.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Misuse || isWrongInput(error) || TYPED.includes(error.code)) {
      report(error, io);
      return 2;
    }
    if (error.name === 'AbortError' && io.signal?.aborted) return 130;
    if (!isExpected(error)) throw error;
    report(error, io);
    return 1;
  }
}

if (require.main === module) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort());
  main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
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
