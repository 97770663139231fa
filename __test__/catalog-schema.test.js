'use strict';

const fs = require('node:fs');
const path = require('node:path');

const Ajv = require('ajv/dist/2020').default;

const FOLDER = path.join(__dirname, '..', 'core', 'src', 'model');
const read = (name) => JSON.parse(fs.readFileSync(path.join(FOLDER, name), 'utf8'));

const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
  allowUnionTypes: true,
});
ajv.addFormat('regex', (text) => {
  try {
    return Boolean(new RegExp(text, 'u'));
  } catch {
    return false;
  }
});
const validate = ajv.compile(read('catalog.schema.json'));

function complaints(catalog) {
  validate(catalog);
  return validate.errors ?? [];
}

test('the catalog is what its schema says', () => {
  expect(complaints(read('catalog.json'))).toEqual([]);
});

test.each([
  ['maxTokens', 1],
  ['maxOutputTokens', '4096'],
  ['maxOutputTokens', 0],
  ['maxOutputTokens', 1.5],
  ['temperature', { max: 2 }],
  ['temperature', { default: 1 }],
  ['reasoning', { efforts: ['extreme'] }],
  ['reasoning', { thinkingTypes: ['adaptive', 'adaptive'] }],
  ['reasoning', { field: 'thinking.type' }],
  ['tools', { toolChoice: 'auto' }],
  ['tools', { useIdPattern: '[' }],
  ['promptCaching', { maxCheckpoints: 5 }],
  ['status', 'active'],
  ['preview', 'soon'],
  ['successor', 'Claude'],
  ['outputBurndownRate', 0],
  ['dataRetentionModes', ['sometimes']],
  ['inferenceProfilePrefixes', ['US']],
  ['eolDate', '2026-9-1'],
  ['inputs', {}],
])('the schema refuses %s: %j', (fact, value) => {
  const catalog = read('catalog.json');
  catalog.models[0].facts[fact] = value;
  expect(complaints(catalog)).not.toEqual([]);
});

test.each([
  ['note', 'no'],
  ['id', 'Upper.Case'],
  ['extends', []],
])('the schema refuses a model with %s: %j', (member, value) => {
  const catalog = read('catalog.json');
  catalog.models[0][member] = value;
  expect(complaints(catalog)).not.toEqual([]);
});
