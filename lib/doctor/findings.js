'use strict';

const { lazy } = require('../lazy.js');

/** The table of hints: see docs/troubleshooting.md. */
const hints = lazy(() => JSON.parse(require('../load.js').hintTable()));

/** What the table of hints says that holds for any call: what it would fill in is left out. */
function advice(id) {
  const hint = hints().find((one) => one.id === id);
  if (hint === undefined) return undefined;
  const whole = (text) => !/\{[a-z_]+\}/.test(text);
  return [hint.cause, hint.remedy].filter(whole).join(' ') || hint.title;
}

/** A statement that allows an action. */
const policy = (action, resource = '*') =>
  `Attach to the role or user: ${JSON.stringify({ Effect: 'Allow', Action: [action], Resource: [resource] })}.`;

/** What failed, with AWS's text as it is. */
const textOf = ({ name, message }) => (name && name !== 'Error' ? `${name}: ${message}` : message);

module.exports = { advice, policy, textOf };
