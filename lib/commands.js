'use strict';

const { inputError, kindOf } = require('./errors.js');
const { operations } = require('./load.js');

/**
 * What this client sends by itself, by command: the operation, the members that are in the path, and
 * which member of the output is a stream or bytes. Declared in `core/src/operation.rs`.
 */
const NATIVE = Object.fromEntries(
  JSON.parse(operations()).map((described) => [`${described.operation}Command`, described]),
);

/** Where an operation stands in the schema that a command of a newer AWS SDK carries. */
const NAME = 2;

/** The name of a command; of one whose class a bundler has renamed, from its schema. */
function nameOf(command) {
  const name = command?.constructor?.name;
  if (Object.hasOwn(NATIVE, name ?? '')) return name;
  const operation = Array.isArray(command?.schema) ? command.schema[NAME] : undefined;
  return typeof operation === 'string' ? `${operation}Command` : name;
}

/**
 * How this client sends a command; `undefined` where the AWS SDK must.
 *
 * @param {{ input?: object } | undefined} command
 */
function nativeOf(command) {
  const name = nameOf(command);
  const known = Object.hasOwn(NATIVE, name ?? '') && command.input !== undefined;
  return known ? NATIVE[name] : undefined;
}

/** Whether it is a command of the AWS SDK, of whatever operation. */
const isCommand = (command) =>
  typeof command?.resolveMiddleware === 'function' && typeof command.input === 'object';

/** Throws where an input cannot be one of this operation. */
function checkInput(input, { labels }) {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw inputError(`The input must be an object, not ${kindOf(input)}.`);
  }
  for (const label of labels) {
    const value = input[label];
    if (value === undefined || value === null) {
      throw inputError(`No value provided for input HTTP label: ${label}.`);
    }
    if (typeof value !== 'string') {
      throw inputError(`${label} must be a string, not ${kindOf(value)}.`);
    }
  }
}

/** What to say of something that is no command. */
function notACommand(command) {
  const name = command?.constructor?.name;
  const named = typeof command === 'object' && name !== undefined && name !== 'Object';
  const given = named ? `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}` : kindOf(command);
  return inputError(
    `send() was given ${given}, which is no command. It takes the commands of ` +
      `@aws-sdk/client-bedrock-runtime: ${Object.keys(NATIVE).join(', ')} and others.`,
  );
}

module.exports = { NATIVE, checkInput, isCommand, nameOf, nativeOf, notACommand };
