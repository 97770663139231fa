'use strict';

/** A statement that allows an action. */
const policy = (action, resource = '*') =>
  `Attach to the role or user: ${JSON.stringify({ Effect: 'Allow', Action: [action], Resource: [resource] })}.`;

/** What failed, with AWS's text as it is. */
const textOf = ({ name, message }) => (name && name !== 'Error' ? `${name}: ${message}` : message);

module.exports = { policy, textOf };
