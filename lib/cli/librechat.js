'use strict';

/** `bedrock-profile-client librechat patch DIR`: route A of docs/librechat.md. */

const path = require('node:path');

const { version } = require('../../package.json');
const { CannotPatch, plan, write } = require('../patch/checkout.js');

const { Misuse } = require('./common.js');

/**
 * @param {string} directory
 * @param {{ check?: boolean, undo?: boolean, package: string }} values
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream }} io
 */
function run(directory, values, { stdout, stderr }) {
  if (values.check && values.undo) throw new Misuse('--check and --undo exclude each other.');
  if (values.package === '') throw new Misuse('--package must not be empty.');
  const place = path.resolve(directory);
  try {
    const planned = plan(place, { undo: values.undo, spec: values.package });
    const { text, code } = carryOut(place, planned, values);
    stdout.write(text);
    return code;
  } catch (error) {
    if (!(error instanceof CannotPatch)) throw error;
    stderr.write(`bedrock-profile-client: ${error.message}\n`);
    return 1;
  }
}

function carryOut(place, { version: found, files }, { check, undo }) {
  const list = files.map(({ file }) => `  ${file}\n`).join('');
  if (check) {
    return files.length === 0
      ? { text: `${found} in ${place} is patched.\n`, code: 0 }
      : { text: `${found} in ${place} is not patched. To change:\n${list}`, code: 1 };
  }
  if (files.length === 0) {
    return {
      text: `${found} in ${place} ${undo ? 'is not patched' : 'is patched already'}.\n`,
      code: 0,
    };
  }
  write(place, files);
  const done = undo ? 'The patch was taken back' : 'Patched';
  return {
    text: `${done}: ${found} in ${place}\n${list}Now run npm install there, and build LibreChat.\n`,
    code: 0,
  };
}

function define(program, io) {
  program
    .command('librechat')
    .description('patch a checkout of LibreChat, so that it calls Bedrock through this package')
    .command('patch <dir>')
    .description('change a checkout of LibreChat (0.8.3 or later)')
    .option('--check', 'change nothing; exit code 0 if the checkout is patched, 1 if not')
    .option('--undo', 'take the change back')
    .option('--package <spec>', 'what to write as the dependency’s version', `^${version}`)
    .addHelpText(
      'after',
      `
LibreChat's parsers then see the model behind an inference profile, and its Bedrock calls are made by this
package: one source file changes, and the dependency in two package.json files. Where the code is not known,
the place is named and nothing is changed. Afterwards run npm install and build LibreChat as always.

Example:
  $ bedrock-profile-client librechat patch ../LibreChat --package file:../bedrock-profile-client-${version}.tgz`,
    )
    .action(io.ending((directory, values) => run(directory, values, io)));
}

module.exports = { define };
