'use strict';

// What commands that call AWS have in common: options, the client, answers as JSON.

const fs = require('node:fs');
const util = require('node:util');

const { Progress, styles } = require('./terminal.js');

/** What the user typed, or gave, is wrong: one line, exit code 2. */
class Misuse extends Error {
  name = 'Misuse';
}

/** The options of a command that makes a client. */
const withClient = (command) =>
  command
    .option('--region <name>', 'the region; else as the client finds it')
    .option('--profile <name>', 'a profile of the shared AWS configuration')
    .option('--endpoint <url>', 'where inference is sent')
    .option(
      '--env-file <file>',
      'read variables of a .env file, such as LibreChat’s, that are not set',
    );

const withJson = (command) => command.option('--json', 'print JSON');

/** Variables of a file; those of the environment take precedence, as with dotenv. */
function loadEnvironment(file) {
  if (file === undefined) return;
  if (typeof util.parseEnv !== 'function') {
    throw new Misuse('--env-file needs Node.js 20.12 or newer.');
  }
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Misuse(`--env-file ${file} cannot be read (${cause.code}).`);
  }
  for (const [name, value] of Object.entries(util.parseEnv(text))) process.env[name] ??= value;
}

/** The options of the client that the command line names. */
function clientOptions({ region, profile, endpoint }) {
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

/** The mappings of librechat.yaml count too: what is looked at is LibreChat's configuration. */
function mappingsOption() {
  const mappings = require('../librechat-yaml.js').loadInferenceProfiles();
  return Object.keys(mappings).length > 0 ? { mappings } : {};
}

/**
 * Runs a command with a client that ends with it.
 *
 * @param {object} values the command's options
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream, signal?: AbortSignal }} io
 * @param {(client: object, tools: { progress: Progress, style: object }) => Promise<number | void>} run
 */
async function withClientOf(values, io, run) {
  loadEnvironment(values.envFile);
  const { BedrockProfileClient } = require('../client.js');
  const said = new Set();
  const logger = {
    warn(message, failedCall) {
      // The command itself reports a call that failed.
      if (failedCall !== undefined || values.quiet || said.has(message)) return;
      said.add(message);
      io.stderr.write(`${message}\n`);
    },
  };
  const client = new BedrockProfileClient({
    ...mappingsOption(),
    ...clientOptions(values),
    logger,
  });
  const progress = new Progress(io.stderr);
  const stop = () => client.destroy();
  io.signal?.addEventListener('abort', stop);
  try {
    return (await run(client, { progress, style: styles(io.stdout) })) ?? 0;
  } finally {
    progress.done();
    io.signal?.removeEventListener('abort', stop);
    client.destroy();
  }
}

/** A whole number of at least `least`. */
const wholeNumber =
  (name, least = 0) =>
  (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    const wanted = least > 0 ? `a whole number of at least ${least}` : 'a whole number';
    throw new Misuse(`--${name} must be ${wanted}, not "${text}"`);
  };

/** One value more of an option that may be given several times. */
const gathered = (value, before = []) => [...before, value];

/** An input of JSON: a file, or `-` for stdin. */
function readJson(file) {
  let text;
  try {
    text = fs.readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${cause.code}).`);
  }
  try {
    return JSON.parse(text);
  } catch {
    const at = placeOfFault(text);
    const lines = text.slice(0, at).split('\n');
    const where = `line ${lines.length}, column ${lines.at(-1).length + 1}`;
    throw new Misuse(`${file === '-' ? 'stdin' : file} is not JSON: ${where}.`);
  }
}

/** Where a text stops being the beginning of JSON. */
function placeOfFault(text) {
  const begins = (length) => {
    try {
      JSON.parse(text.slice(0, length));
      return true;
    } catch ({ message }) {
      const position = /at position (\d+)/.exec(message);
      if (position) return Number(position[1]) >= length || /^Unterminated/.test(message);
      return /end of (JSON )?(input|data)|Unterminated string/.test(message);
    }
  };
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (begins(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;

module.exports = {
  Misuse,
  clientOptions,
  gathered,
  json,
  loadEnvironment,
  mappingsOption,
  placeOfFault,
  readJson,
  wholeNumber,
  withClient,
  withClientOf,
  withJson,
};
