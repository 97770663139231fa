'use strict';

/** Schemas of tools, as models read them. */

const { isObject } = require('./request');

const LOOKAROUND = /\(\?<?[=!]/;
const UNIONS = ['oneOf', 'allOf', 'anyOf'];

/** Tools as the model counts them: without cache points. */
const specs = ({ tools }) => tools.flatMap((tool) => tool?.toolSpec ?? []);

/** The place of the first tool whose schema is so. */
function firstSchema(req, isSo) {
  const at = specs(req).findIndex(
    ({ inputSchema }) => isObject(inputSchema?.json) && isSo(inputSchema.json),
  );
  return at >= 0 && [at];
}

/** Whether a JSON schema has a `pattern` with lookaround, at any depth. */
function hasLookaround(schema) {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) =>
      (key === 'pattern' && typeof value === 'string' && LOOKAROUND.test(value)) ||
      hasLookaround(value),
  );
}

module.exports = [
  {
    rule: 'M41',
    side: 'model',
    when: (req, model) =>
      model.tools.noSchemaUnions &&
      firstSchema(req, (schema) => UNIONS.some((name) => schema[name] !== undefined)),
    message: ([at]) =>
      `tools.${at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
  },
  {
    rule: 'M43',
    side: 'model',
    when: (req, model) =>
      model.tools.propertyKey &&
      firstSchema(
        req,
        ({ properties }) =>
          isObject(properties) &&
          Object.keys(properties).some((key) => !model.tools.propertyKey.test(key)),
      ),
    message: ([at], _req, { tools }) =>
      `tools.${at}.custom.input_schema.properties: Property keys should match pattern '${tools.propertyKey.source}'`,
  },
  {
    rule: 'M17',
    weak: true,
    side: 'model',
    when: (req, model) =>
      model.tools.noLookaround &&
      specs(req).some(({ inputSchema }) => hasLookaround(inputSchema?.json)),
    message: 'Invalid schema for function: lookaround is not supported in pattern.',
  },
  {
    rule: 'M18',
    weak: true,
    side: 'model',
    when: (req, model) => model.tools.noStrict && specs(req).some(({ strict }) => strict === true),
    message: (_detail, req) =>
      `tools.${specs(req).findIndex(({ strict }) => strict)}.custom.strict: Extra inputs are not permitted`,
  },
];
