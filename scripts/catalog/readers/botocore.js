'use strict';

/** botocore: the ranges of Converse's shapes, which hold for whole classes of models. */

const zlib = require('node:zlib');

const FILE = /^botocore\/data\/bedrock-runtime\/[\d-]+\/service-2\.json\.gz$/;

module.exports = {
  name: 'botocore',
  label: 'botocore',
  package: { registry: 'pypi', name: 'botocore' },
  files: [FILE],
  sources: ['botocore', 'botocore:assumed'],
  fields: [
    'minMaxTokens',
    'stopSequences.max',
    'temperature.min',
    'temperature.max',
    'topP.min',
    'topP.max',
  ],
  listsModels: false,
  classes: true,

  read({ bytes }) {
    const { shapes } = JSON.parse(zlib.gunzipSync(bytes(FILE)));
    const members = shapes.InferenceConfiguration?.members ?? {};
    const range = (member) => shapes[members[member]?.shape] ?? {};
    const facts = {
      'class:converse': [
        ['minMaxTokens', range('maxTokens').min],
        ['stopSequences.max', range('stopSequences').max],
      ],
      'class:sampling': [
        ['temperature.min', range('temperature').min],
        ['temperature.max', range('temperature').max],
        ['topP.min', range('topP').min],
        ['topP.max', range('topP').max],
      ],
    };
    return Object.entries(facts).flatMap(([model, list]) =>
      list
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => ({ model, field, value })),
    );
  },
};
