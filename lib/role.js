'use strict';

const ROLE_ARN = /^arn:aws(?:-[a-z-]+)?:iam::(\d{12}):role\/[\w+=,.@/-]+$/;

const text = (value) => typeof value === 'string';

/** What is said of a role to assume: in words and as a check. */
const ROLE = {
  roleArn: ['the ARN of a role', (value) => text(value) && ROLE_ARN.test(value)],
  externalId: [
    'a text of 2 to 1224 characters',
    (value) => text(value) && /^[\w+=,.@:/-]{2,1224}$/.test(value),
  ],
  sessionName: [
    'a text of 2 to 64 letters, digits and characters of _+=,.@-',
    (value) => text(value) && /^[\w+=,.@-]{2,64}$/.test(value),
  ],
  region: ['the region of STS', (value) => text(value) && /^[a-z0-9-]{1,20}$/.test(value)],
};

/** The account that a role is of; `undefined` where this is no role. */
const accountOfRole = (roleArn) => ROLE_ARN.exec(roleArn ?? '')?.[1];

module.exports = { ROLE, accountOfRole };
