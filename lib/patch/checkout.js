'use strict';

// A checkout of LibreChat: the files of route A, what is to become of each, and the parser of its code.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const { UnknownCode, patch, patched, unpatch } = require('./initialize.js');
const manifest = require('./manifest.js');

const INITIALIZE = 'packages/api/src/endpoints/bedrock/initialize.ts';
const MANIFESTS = ['api/package.json', 'packages/api/package.json'];
const NAME = 'bedrock-profile-client';
const PARSER = '@babel/parser';

/** What a person is told in one line: nothing was changed. */
class CannotPatch extends Error {
  name = 'CannotPatch';
}

/**
 * `@babel/parser` is no dependency: nobody who only runs LibreChat needs it, and LibreChat's own
 * installation, which builds it, has it.
 */
function parserFor(directory) {
  const places = [directory, path.join(directory, 'packages', 'api')];
  const requires = [require, ...places.map((place) => createRequire(path.join(place, 'x.js')))];
  for (const from of requires) {
    try {
      const parser = from(PARSER);
      if (typeof parser.parse === 'function') return parser;
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new CannotPatch(
    `${PARSER} is needed to read LibreChat's code, and is not there. LibreChat's own installation has it: ` +
      `run \`npm ci\` in ${directory} first. Or: npx -p ${NAME} -p ${PARSER} ${NAME} librechat patch ${directory}`,
  );
}

function read(directory, file) {
  try {
    return fs.readFileSync(path.join(directory, file), 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return undefined;
  }
}

/** What the checkout says it is, for messages: `LibreChat v0.8.8-rc1`. */
function versionOf(directory) {
  const text = read(directory, 'package.json');
  if (text === undefined)
    throw new CannotPatch(`${directory} has no package.json: it is no checkout of LibreChat.`);
  try {
    const { name, version } = JSON.parse(text);
    return `${name ?? 'a package without a name'} ${version ?? 'of no version'}`;
  } catch (cause) {
    throw new CannotPatch(`${path.join(directory, 'package.json')} is not JSON: ${cause.message}`, {
      cause,
    });
  }
}

const attempt = (file, work) => {
  try {
    return work();
  } catch (error) {
    // Babel's are SyntaxErrors with a position.
    if (!(error instanceof UnknownCode) && error.code !== 'BABEL_PARSER_SYNTAX_ERROR') throw error;
    const why =
      error instanceof UnknownCode
        ? `the code is not known here. Sought: ${error.message}.`
        : error.message;
    throw new CannotPatch(`${file}: ${why}`, { cause: error });
  }
};

/**
 * What is to become of the files.
 *
 * @param {string} directory
 * @param {{ undo?: boolean, spec: string }} how
 * @returns {{ version: string, isPatched: boolean, files: { file: string, before: string, after: string }[] }}
 */
function plan(directory, { undo = false, spec }) {
  const version = versionOf(directory);
  const source = read(directory, INITIALIZE);
  if (source === undefined) {
    throw new CannotPatch(
      `${directory} (${version}) has no ${INITIALIZE}. LibreChat has it since 0.8.2; this command knows 0.8.3 and later.`,
    );
  }
  const parser = parserFor(directory);
  const isPatched = attempt(INITIALIZE, () => patched(parser, source));
  const files = [{ file: INITIALIZE, before: source, after: source }];
  if (isPatched) {
    const original = attempt(INITIALIZE, () => unpatch(parser, source));
    // What somebody has changed since is not this command's to take away.
    const again = attempt(INITIALIZE, () => patch(parser, original));
    if (again !== source) {
      throw new CannotPatch(
        `${INITIALIZE} is patched, but not as this version of ${NAME} does it, or it was changed since. ` +
          `Restore it first: git -C ${directory} checkout -- ${INITIALIZE}`,
      );
    }
    if (undo) files[0].after = original;
  } else if (!undo) {
    files[0].after = attempt(INITIALIZE, () => patch(parser, source));
  }
  for (const file of MANIFESTS) {
    const before = read(directory, file);
    if (before === undefined) throw new CannotPatch(`${directory} (${version}) has no ${file}.`);
    files.push({ file, before, after: dependency(file, before, { undo, spec }) });
  }
  return { version, isPatched, files: files.filter(({ before, after }) => before !== after) };
}

function dependency(file, text, { undo, spec }) {
  let after;
  try {
    after = undo ? manifest.remove(text, NAME) : manifest.add(text, NAME, spec);
    if (after !== undefined) JSON.parse(after);
  } catch (cause) {
    throw new CannotPatch(`${file} is not JSON as npm writes it: ${cause.message}`, { cause });
  }
  if (after === undefined) {
    throw new CannotPatch(
      `${file}: no line for the AWS SDK's client was found, beside which the dependency belongs.`,
    );
  }
  return after;
}

/** Writes all files, or where one cannot be written, none. */
function write(directory, files) {
  const written = [];
  try {
    for (const { file, before, after } of files) {
      fs.writeFileSync(path.join(directory, file), after);
      written.push({ file, before });
    }
  } catch (error) {
    for (const { file, before } of written) fs.writeFileSync(path.join(directory, file), before);
    throw new CannotPatch(`${error.message}. Nothing was changed.`, { cause: error });
  }
}

module.exports = { CannotPatch, plan, write };
