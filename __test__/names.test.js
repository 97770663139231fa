'use strict';

const path = require('node:path');

const { twice, types } = require('../scripts/lint/names.js');

test('a type that others see shares its name with none, not even with a hidden one', () => {
  const root = path.join(__dirname, 'fixtures', 'names');
  expect(twice(types(root, ['one', 'two']))).toEqual([
    '`Shared` is declared in one/lib.rs:3 and two/lib.rs:2: rename one of them.',
  ]);
});

test('every type of the workspace has a name of its own', () => {
  const declared = types();
  expect(declared.length).toBeGreaterThan(100);
  expect(twice(declared)).toEqual([]);
});
