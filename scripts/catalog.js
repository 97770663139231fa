#!/usr/bin/env node
'use strict';

/** Keeps the catalog of models true, and the table of it for people. */

const { parseArgs } = require('node:util');
const { DEFAULTS, READERS } = require('./catalog/readers');

const HELP = `Usage: node scripts/catalog.js refresh [options]
       node scripts/catalog.js docs [--check]

refresh  holds core/src/model/catalog.json against tables in published packages
  --write             take what the fact's own source changed, and what was unknown; and, where
                      all default tables were read afresh, today as the day of collection
  --sources a,b       these tables, each also as name@version (default: ${DEFAULTS.join(',')};
                      there are ${READERS.map(({ name }) => name).join(', ')})
  --accept-loss ID    a model (or class:NAME) that may lose facts, or vanish; can be repeated
  --cached            the newest versions in the cache instead of the registries'
  --cache FOLDER      where packages are kept (default: node_modules/.cache/catalog)
  --all               list the disagreements that were reviewed before, too

docs     writes docs/models.md from the catalog
  --check             write nothing; exit with 1 where docs/models.md is stale
`;

const OPTIONS = {
  refresh: {
    write: { type: 'boolean' },
    sources: { type: 'string' },
    'accept-loss': { type: 'string', multiple: true },
    cached: { type: 'boolean' },
    cache: { type: 'string' },
    all: { type: 'boolean' },
  },
  docs: { check: { type: 'boolean' } },
};

function runRefresh(values) {
  const { refresh } = require('./catalog/refresh');
  return refresh({
    ...values,
    sources: values.sources?.split(',').map((word) => word.trim()),
    acceptLoss: values['accept-loss'],
  });
}

function runDocs({ check }) {
  const docs = require('./catalog/docs');
  if (!check) return { text: `${docs.write()} is written\n`, code: 0 };
  return docs.isFresh()
    ? { text: 'docs/models.md is what the catalog says\n', code: 0 }
    : { text: 'docs/models.md is stale: run node scripts/catalog.js docs\n', code: 1 };
}

function main([command, ...words]) {
  if (command === '--help' || command === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const options = Object.hasOwn(OPTIONS, command ?? '') ? OPTIONS[command] : undefined;
  if (!options) {
    process.stderr.write(`${command ? `no such command: ${command}\n\n` : ''}${HELP}`);
    return 2;
  }
  let values;
  try {
    ({ values } = parseArgs({ args: words, options }));
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  try {
    const { text, code } = command === 'refresh' ? runRefresh(values) : runDocs(values);
    process.stdout.write(text);
    return code;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));

module.exports = { main };
