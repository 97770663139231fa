'use strict';

const path = require('node:path');

const { FOLDERS, circles, graph } = require('../scripts/lint/circles.js');

const made = graph(path.join(__dirname, 'fixtures', 'circles'));

test('two files that use each other are a circle', () => {
  expect(circles(made, 'ring')).toEqual([['ring::one', 'ring::two']]);
});

test('a list of what its parts make, of a type that stands beside it, is a circle', () => {
  expect(circles(made, 'list')).toEqual([['list', 'list::part']]);
});

test('comments, texts, tests and visibilities are no use', () => {
  expect([...made.get('tree::leaf')]).toEqual([]);
  expect(circles(made, 'tree')).toEqual([]);
});

test.each(FOLDERS)('the files of %s are looked at, and are in no circle', (folder) => {
  const edges = graph();
  const inside = [...edges.keys()].filter((name) => name.startsWith(`${folder}::`));
  expect(inside.length).toBeGreaterThan(3);
  expect(circles(edges, folder)).toEqual([]);
});
