'use strict';

/**
 * A client's own settings and keys among the additional fields: no model has such a field. The texts
 * name the field and never what is in it.
 */

const { extraneous, isObject } = require('./request');

const SETTINGS = ['credentials', 'client', 'configuration', 'applicationInferenceProfile'];

/** However it is spelled: `secretAccessKey`, `SecretAccessKey`, `aws_secret_access_key`. */
const KEY = /^(?:aws)?(?:secretaccesskey|accesskeyid|sessiontoken|apikey|token)$/i;

const isKey = (name, value) =>
  KEY.test(name.replaceAll(/[_-]/g, '')) &&
  typeof value === 'string' &&
  /^(?:bearer\s+)?[\w+/=.~:-]{16,}$/i.test(value.trim()) &&
  !value.includes('://');

/** [path of what holds it, its name] of the first key, wherever it is. */
function firstKey(value, path) {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (isObject(value) && isKey(name, member)) return [path, name];
    const found = firstKey(member, `${path}/${name}`);
    if (found) return found;
  }
  return undefined;
}

module.exports = [
  {
    rule: 'K1',
    name: 'settings of a client',
    weak: true,
    when: ({ fields }) =>
      SETTINGS.find((name) => fields[name] !== undefined && fields[name] !== null),
    message: (name) => extraneous(name),
  },
  {
    rule: 'K1',
    name: 'keys',
    weak: true,
    when: ({ fields }) => firstKey(fields, '#'),
    message: ([path, name]) => extraneous(name, path),
  },
];
