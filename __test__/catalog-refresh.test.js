'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Known } = require('../scripts/catalog/known');
const { SCHEMA, readJson } = require('../scripts/catalog/load');
const { refresh } = require('../scripts/catalog/refresh');
const { check } = require('../scripts/catalog/schema');
const { print } = require('../scripts/catalog/write');

const SCRIPT = path.join(__dirname, '..', 'scripts', 'catalog.js');
const LITELLM = 'litellm/model_prices_and_context_window_backup.json';

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'refresh-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A catalog of two models, as large as the tests need it. */
const CATALOG = {
  $schema: './catalog.schema.json',
  collected: '2026-11-22',
  sources: {
    'aws:model-card': 'AWS user guide, the card of the model',
    id: 'read from the id itself',
    litellm: 'litellm 1.0.0',
    portkey: 'Portkey models, August 2026',
    'pydantic-ai': 'pydantic-ai 2.0.0',
  },
  providers: { amazon: 'Amazon', xai: 'xAI' },
  geographies: { eu: 'the European Union', global: 'any region', us: 'the United States' },
  classes: {
    converse: {
      note: 'All.',
      facts: { converse: true, inputs: { text: true, video: false } },
      sources: { 'aws:model-card': 'converse inputs' },
    },
  },
  families: { grok: { note: 'All.', prefixes: ['xai.grok'], extends: ['converse'] } },
  models: [
    {
      id: 'amazon.nova-pro-v1:0',
      extends: ['converse'],
      facts: {
        family: 'nova-pro',
        inferenceProfilePrefixes: ['us'],
        contextWindow: 300000,
        maxOutputTokens: 10000,
        inputs: { image: true, document: true },
      },
      sources: {
        'aws:model-card': 'maxOutputTokens',
        id: 'family',
        litellm: 'inferenceProfilePrefixes contextWindow maxOutputTokens inputs',
        portkey: 'contextWindow',
      },
    },
    {
      id: 'xai.grok-4.7',
      extends: ['converse'],
      facts: {
        family: 'grok-4.7',
        contextWindow: 500000,
        tools: { supported: true, resultImages: null },
      },
      sources: {
        id: 'family',
        litellm: 'contextWindow tools.supported',
        'pydantic-ai': 'tools.supported',
      },
    },
  ],
};

const row = (facts) => ({ litellm_provider: 'bedrock_converse', mode: 'chat', ...facts });

/** What litellm says of the same models. */
const TABLE = {
  'amazon.nova-pro-v1:0': row({
    max_input_tokens: 300000,
    max_output_tokens: 10000,
    supports_vision: true,
  }),
  'us.amazon.nova-pro-v1:0': row({ max_input_tokens: 300000 }),
  'xai.grok-4.7': row({ max_input_tokens: 500000, supports_function_calling: true }),
  'azure/gpt-6': { litellm_provider: 'azure', mode: 'chat' },
  'amazon.titan-embed-text-v2:0': { litellm_provider: 'bedrock', mode: 'embedding' },
};

const catalogFile = () => path.join(folder, 'catalog.json');
const written = () => readJson(catalogFile());

function publish(table, version = '1.1.0') {
  const file = path.join(folder, 'cache', 'pypi', 'litellm', version, ...LITELLM.split('/'));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, typeof table === 'string' ? table : JSON.stringify(table));
}

/** A refresh of the small catalog from what `publish` has published. */
function run(options = {}, catalog = CATALOG) {
  fs.writeFileSync(catalogFile(), print(catalog));
  return refresh({
    sources: ['litellm'],
    cached: true,
    cache: path.join(folder, 'cache'),
    file: catalogFile(),
    known: new Known({}),
    ...options,
  });
}

const changed = (changes) => {
  const table = structuredClone(TABLE);
  for (const [id, facts] of Object.entries(changes)) table[id] = { ...table[id], ...facts };
  return table;
};

describe('a refresh', () => {
  test('the small catalog is valid', () => {
    expect(check(CATALOG, readJson(SCHEMA))).toEqual([]);
  });

  test('finds nothing where nothing has changed, and brings the version up to date', () => {
    publish(TABLE);
    const { text, code } = run({ write: true });
    expect(code).toBe(0);
    expect(text).toContain('litellm 1.1.0: 2 models or classes');
    expect(text).toContain('0 changed, 0 filled, 0 to be decided, 0 not taken');
    const expected = structuredClone(CATALOG);
    expected.sources.litellm = 'litellm 1.1.0';
    expect(fs.readFileSync(catalogFile(), 'utf8')).toBe(print(expected));
  });

  test('takes what the own source of a fact has changed, with its sources in the report', () => {
    publish(changed({ 'amazon.nova-pro-v1:0': { max_input_tokens: 400000 } }));
    const { text, code } = run({ write: true });
    expect(code).toBe(0);
    expect(text).toContain(
      'amazon.nova-pro-v1:0  contextWindow: 300000 (litellm 1.0.0; Portkey models, August 2026) → 400000 (litellm 1.1.0)',
    );
    const [nova] = written().models;
    expect(nova.facts.contextWindow).toBe(400000);
    // Portkey said 300000: it is no source of the new value, and of nothing else.
    expect(nova.sources.portkey).toBeUndefined();
    expect(written().sources.portkey).toBeUndefined();
    expect(nova.sources.litellm).toBe(
      'inferenceProfilePrefixes contextWindow maxOutputTokens inputs',
    );
    expect(check(written(), readJson(SCHEMA))).toEqual([]);
  });

  test('takes what was unknown, in the order of the schema', () => {
    publish(changed({ 'xai.grok-4.7': { max_output_tokens: 64000, supports_vision: true } }));
    const { text } = run({ write: true });
    expect(text).toContain('xai.grok-4.7  maxOutputTokens: unknown → 64000 (litellm 1.1.0)');
    const [, grok] = written().models;
    expect(Object.keys(grok.facts)).toEqual([
      'family',
      'contextWindow',
      'maxOutputTokens',
      'inputs',
      'tools',
    ]);
    expect(grok.sources.litellm).toBe('contextWindow maxOutputTokens inputs.image tools.supported');
  });

  test('writes nothing without --write', () => {
    publish(changed({ 'amazon.nova-pro-v1:0': { max_input_tokens: 400000 } }));
    const { text, code } = run();
    expect([code, text]).toEqual([0, expect.stringContaining('Nothing was written; --write')]);
    expect(fs.readFileSync(catalogFile(), 'utf8')).toBe(print(CATALOG));
  });

  test('never touches a fact that a better source is named for', () => {
    publish(
      changed({
        'amazon.nova-pro-v1:0': { max_output_tokens: 99, supports_video_input: true },
      }),
    );
    const { text } = run({ write: true });
    expect(text).toContain(
      'maxOutputTokens: 10000 (AWS user guide, the card of the model; litellm 1.0.0) ≠ 99 (litellm 1.1.0): also known from aws:model-card',
    );
    expect(text).toContain('Not taken: a better source says otherwise (2)');
    expect(text).toMatch(/inputs\.video: false \(AWS .*\) ≠ true .*: known from aws:model-card/);
    expect(written().models).toEqual(CATALOG.models);
  });

  test('leaves a person to decide between equals', () => {
    publish(changed({ 'xai.grok-4.7': { supports_function_calling: false } }));
    const { text } = run({ write: true });
    expect(text).toMatch(/To be decided by a person \(1\)\n {2}xai\.grok-4\.7 {2}tools\.supported/);
    expect(text).toContain('also known from pydantic-ai');
    expect(written().models).toEqual(CATALOG.models);
  });

  test('does not fill what the catalog says is not known', () => {
    publish(changed({ 'xai.grok-4.7': { supports_bedrock_converse_tool_result_images: true } }));
    const { text } = run({ write: true });
    expect(text).toContain('the catalog says that it is not known');
    expect(written().models).toEqual(CATALOG.models);
  });

  test('adds to a list what is published as a part of it', () => {
    publish({ ...TABLE, 'eu.amazon.nova-pro-v1:0': row({}) });
    run({ write: true });
    expect(written().models[0].facts.inferenceProfilePrefixes).toEqual(['eu', 'us']);
    const next = written();
    publish(TABLE);
    expect(run({}, next).text).toContain('0 changed, 0 filled, 0 to be decided, 0 not taken');
  });

  test('removes a fact of the model that its class says too', () => {
    const catalog = structuredClone(CATALOG);
    catalog.models[1].facts.inputs = { text: true, video: true };
    catalog.models[1].facts.inputs = { video: true };
    catalog.models[1].sources.litellm = 'contextWindow inputs.video tools.supported';
    publish(changed({ 'xai.grok-4.7': { supports_video_input: false } }));
    run({ write: true }, catalog);
    expect(written().models[1].facts.inputs).toBeUndefined();
  });

  test('spreads the sources of a group of which one fact changes', () => {
    const catalog = structuredClone(CATALOG);
    publish(changed({ 'amazon.nova-pro-v1:0': { supports_vision: false } }));
    run({ write: true }, catalog);
    const [nova] = written().models;
    expect(nova.facts.inputs).toEqual({ image: false, document: true });
    expect(nova.sources.litellm.split(' ')).toEqual(
      expect.arrayContaining(['inputs.image', 'inputs.document']),
    );
  });

  test('lists new models, and those that are none to be reviewed only once', () => {
    publish({
      ...TABLE,
      'xai.grok-5': row({ max_input_tokens: 2000000 }),
      'xai.grok-9': row({}),
    });
    const known = new Known({ others: [{ reason: 'a joke', models: ['xai.grok-9'] }] });
    const { text, code } = run({ known });
    expect(code).toBe(0);
    expect(text).toContain('xai.grok-5 (litellm 1.1.0): contextWindow 2000000');
    expect(text).not.toContain('grok-9');
  });

  test('does not take, or list, what a person has judged; another value is new', () => {
    const judged = (value) =>
      new Known({
        disagreements: [
          {
            source: 'litellm',
            field: 'contextWindow',
            reason: 'the input alone',
            published: { 'xai.grok-4.7': value },
          },
        ],
      });
    publish(changed({ 'xai.grok-4.7': { max_input_tokens: 400000 } }));
    const same = run({ known: judged(400000), write: true });
    expect(same.text).toContain('0 changed, 0 filled, 0 to be decided, 0 not taken, 1 reviewed');
    expect(written().models).toEqual(CATALOG.models);
    expect(run({ known: judged(400000), all: true }).text).toContain('the input alone');
    const other = run({ known: judged(450000) });
    expect(other.text).toContain('1 changed');
    expect(other.text).toContain('not published any more: take out or judge again (1)');
    expect(() => new Known({ disagreements: [{ source: 'litellm', field: 'x' }] })).toThrow(
      'litellm x has no reason',
    );
  });

  test('prints the same twice', () => {
    publish(changed({ 'xai.grok-4.7': { max_output_tokens: 1 }, 'xai.grok-5': row({}) }));
    expect(run()).toEqual(run());
  });

  test('takes the newest version in the cache, or the one that is asked for', () => {
    publish(TABLE, '1.9.0');
    publish(TABLE, '1.10.0');
    expect(run().text).toContain('litellm 1.10.0');
    expect(run({ sources: ['litellm@1.9.0'] }).text).toContain('litellm 1.9.0');
    expect(() => run({ sources: ['litellm@1.8.0'] })).toThrow('litellm 1.8.0 is not in the cache');
  });
});

describe('the day of collection', () => {
  const collectedAfter = (options) => {
    publish(TABLE);
    run({ write: true, ...options });
    return written().collected;
  };

  test('moves where every table was read', () => {
    expect(collectedAfter({ defaults: ['litellm'], day: '2027-01-02' })).toBe('2027-01-02');
  });

  test('stays where only some were', () => {
    expect(collectedAfter({ day: '2027-01-02' })).toBe('2026-11-22');
  });

  test('stays where nobody knows of what day the cache is', () => {
    expect(collectedAfter({ defaults: ['litellm'] })).toBe('2026-11-22');
  });
});

describe('silent loss is refused', () => {
  const without = (id, member) => {
    const table = structuredClone(TABLE);
    if (member) delete table[id][member];
    else delete table[id];
    return table;
  };

  test('of a fact', () => {
    publish(without('xai.grok-4.7', 'max_input_tokens'));
    const { text, code } = run({ write: true });
    expect(code).toBe(1);
    expect(text).toContain(
      'xai.grok-4.7  contextWindow: 500000 was known from litellm 1.0.0, which does not tell it any more',
    );
    expect(text).toContain('Nothing was written');
    expect(fs.readFileSync(catalogFile(), 'utf8')).toBe(print(CATALOG));
  });

  test('but not of one that another source tells', () => {
    publish(without('xai.grok-4.7', 'supports_function_calling'));
    expect(run().code).toBe(0);
  });

  test('of a model', () => {
    publish(without('xai.grok-4.7'));
    const { text, code } = run({ write: true });
    expect(code).toBe(1);
    expect(text).toContain('xai.grok-4.7: litellm 1.1.0 does not list it any more');
    expect(fs.readFileSync(catalogFile(), 'utf8')).toBe(print(CATALOG));
  });

  test('also where nothing is to be written', () => {
    publish(without('xai.grok-4.7'));
    expect(run().code).toBe(1);
  });

  test('unless that loss is accepted: the facts go that nobody tells any more', () => {
    publish(without('xai.grok-4.7'));
    const { text, code } = run({ write: true, acceptLoss: ['xai.grok-4.7'] });
    expect(code).toBe(0);
    expect(text).toContain('Lost, and accepted (2)');
    const [, grok] = written().models;
    expect(grok.facts).toEqual({
      family: 'grok-4.7',
      tools: { supported: true, resultImages: null },
    });
    expect(grok.sources).toEqual({ id: 'family', 'pydantic-ai': 'tools.supported' });
  });

  test('and the model, where nobody tells anything of it', () => {
    const catalog = structuredClone(CATALOG);
    catalog.models[1].sources = { id: 'family', litellm: 'contextWindow tools.supported' };
    delete catalog.sources['pydantic-ai'];
    publish(without('xai.grok-4.7'));
    run({ write: true, acceptLoss: ['xai.grok-4.7'] }, catalog);
    expect(written().models.map(({ id }) => id)).toEqual(['amazon.nova-pro-v1:0']);
  });

  test('accepting the loss of one model accepts no other', () => {
    publish(without('xai.grok-4.7'));
    expect(run({ acceptLoss: ['amazon.nova-pro-v1:0'] }).code).toBe(1);
    expect(() => run({ acceptLoss: ['xai.grok'] })).toThrow('the catalog has no such model');
  });
});

describe('a package that cannot be read', () => {
  test.each([
    ['{}', 'reader litellm found 0 models in litellm 1.1.0: layout changed?'],
    ['[', 'reader litellm cannot read litellm 1.1.0'],
  ])('%s', (table, problem) => {
    publish(table);
    expect(() => run()).toThrow(problem);
  });

  test('because its file is somewhere else', () => {
    publish(TABLE);
    const version = path.join(folder, 'cache', 'pypi', 'litellm', '1.1.0');
    fs.renameSync(path.join(version, 'litellm'), path.join(version, 'lit'));
    expect(() => run()).toThrow(
      /reader litellm found no file .* in litellm 1\.1\.0: layout changed/,
    );
  });

  test('in part: the report names what is not told by anyone', () => {
    publish(TABLE);
    expect(run().text).toMatch(/Not read \(1\)\n {2}litellm 1\.1\.0 tells no .*eolDate/);
  });

  test('because it says what no fact can be: nothing is written', () => {
    publish(changed({ 'xai.grok-4.7': { max_output_tokens: 'lots' } }));
    expect(() => run({ write: true })).toThrow('expected integer or null, found "lots"');
    expect(fs.readFileSync(catalogFile(), 'utf8')).toBe(print(CATALOG));
  });

  test('into a catalog that is itself not valid', () => {
    publish(TABLE);
    const catalog = structuredClone(CATALOG);
    catalog.models.reverse();
    expect(() => run({}, catalog)).toThrow('is not valid:\n  models are not sorted by id');
  });
});

describe('node scripts/catalog.js', () => {
  const node = (...words) => spawnSync(process.execPath, [SCRIPT, ...words], { encoding: 'utf8' });

  test.each([
    [[], 'Usage:'],
    [['refetch'], 'no such command: refetch'],
    [['refresh', '--overwrite'], "Unknown option '--overwrite'"],
  ])('%j is told how to be right', (words, problem) => {
    const { status, stderr } = node(...words);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(stderr).toContain('Usage: node scripts/catalog.js refresh');
  });

  test('--help', () => {
    expect(node('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--accept-loss'),
    });
  });

  test.each([
    [['--sources', 'openrouter'], '--sources: openrouter is none; there are litellm, langchain'],
    [['--accept-loss', 'acme.rocket'], '--accept-loss acme.rocket: the catalog has no such model'],
    [['--cached', '--cache', '/nowhere'], 'litellm is not in the cache (/nowhere'],
  ])('refresh %j fails in a sentence', (words, problem) => {
    const { status, stderr } = node('refresh', ...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(problem)]);
    expect(stderr).not.toContain('    at ');
  });

  test('docs --check', () => {
    expect(node('docs', '--check')).toMatchObject({ status: 0 });
  });
});
