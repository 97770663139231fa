'use strict';

/** `bedrock-profile-client librechat patch DIR`: route A of docs/librechat.md. */

const path = require('node:path');

const { version } = require('../package.json');
const { CannotPatch, plan, write } = require('./patch/checkout.js');

const options = {
  check: { type: 'boolean', default: false },
  undo: { type: 'boolean', default: false },
  package: { type: 'string', default: `^${version}` },
};

const help = `Usage: bedrock-profile-client librechat patch DIR [options]

Changes a checkout of LibreChat (0.8.3 or later) so that its parsers see the model behind an
inference profile, and its Bedrock calls are made by this package: one source file, and the
dependency in two package.json files. Where it does not know the code, it says which place,
and changes nothing. Afterwards run npm install and build LibreChat as always.

  --check           change nothing; exit code 0 if the checkout is patched, 1 if not
  --undo            take the change back
  --package SPEC    what to write as the dependency's version (default ^${version}); for
                    example file:../bedrock-profile-client-${version}.tgz
  --help            show this
`;

/**
 * @param {{ check: boolean, undo: boolean, package: string }} values
 * @param {{ stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream }} io
 * @param {string[]} words
 */
async function run(values, { stdout, stderr }, words) {
  const [action, directory, ...rest] = words;
  if (action !== 'patch' || directory === undefined || rest.length > 0) {
    throw new TypeError('write: librechat patch DIR. Try librechat --help.');
  }
  if (values.check && values.undo) throw new TypeError('--check and --undo exclude each other.');
  if (values.package === '') throw new TypeError('--package must not be empty.');
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

module.exports = { options, help, positionals: true, run };
