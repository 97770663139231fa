'use strict';

// Replaces what a module exports. The class that stood there is kept beside the one that stands
// there now: whoever needs the AWS SDK's own finds it.

const ORIGINAL = Symbol.for('bedrock-profile-client.original');

/** The method by which a client hears which model is behind an ARN. */
const LEARN = Symbol.for('bedrock-profile-client.learn');

/** The class that a replaced one stands for; any other class is its own. */
const originalOf = (Class) => Class?.[ORIGINAL] ?? Class;

/**
 * The exports with others in their place: the same object, or a copy where it does not let itself be
 * changed (a bundler's getters, a frozen object).
 *
 * @param {object} exported
 * @param {Record<string, unknown>} others
 */
function withOthers(exported, others) {
  const target = Object.keys(others).every((name) => canChange(exported, name))
    ? exported
    : copyOf(exported);
  for (const [name, value] of Object.entries(others)) {
    const enumerable = Object.getOwnPropertyDescriptor(target, name)?.enumerable ?? true;
    const property = { value, writable: true, configurable: true, enumerable };
    Object.defineProperty(target, name, property);
  }
  return target;
}

function canChange(target, name) {
  const own = Object.getOwnPropertyDescriptor(target, name);
  return own === undefined ? Object.isExtensible(target) : own.configurable;
}

/** The same members, getters included, of which each can be changed. */
function copyOf(exported) {
  const members = Object.getOwnPropertyDescriptors(exported);
  for (const key of Reflect.ownKeys(members)) members[key].configurable = true;
  return Object.create(Object.getPrototypeOf(exported), members);
}

module.exports = { LEARN, ORIGINAL, originalOf, withOthers };
