'use strict';

/** The names under which LibreChat keeps profiles: they must show the model as its id does. */

const { models } = require('../core/src/model/catalog.json');

/** A registry of its own for each test. */
const fresh = () => {
  jest.resetModules();
  return require('../lib/aliases.js');
};

const SONNET_46 = 'anthropic.claude-sonnet-4-6';
const HAIKU_45 = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const arnOf = (id) => `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${id}`;
const ARN = arnOf('rf3zeruqfake');

describe('namesModel', () => {
  test.each([
    [SONNET_46, SONNET_46],
    [`us.${SONNET_46}`, SONNET_46],
    [`team-a.${SONNET_46}`, SONNET_46],
    [`claude-team.${SONNET_46}`, SONNET_46],
    [`arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${SONNET_46}`, SONNET_46],
    [`team-a.${HAIKU_45}`, HAIKU_45],
    ['team-a.anthropic.claude-haiku-4-5', HAIKU_45],
    ['Team-A.Amazon.Nova-Pro-v1:0', 'amazon.nova-pro-v1:0'],
  ])('%s shows %s', (name, model) => expect(fresh().namesModel(name, model)).toBe(true));

  test.each([
    ['fast', SONNET_46],
    [ARN, SONNET_46],
    // LibreChat looks for the vendor at the beginning or behind a dot.
    [`arn:aws:bedrock:us-east-1::foundation-model/${SONNET_46}`, SONNET_46],
    ['claude-sonnet-4-6', SONNET_46],
    [`team-a-${SONNET_46}`, SONNET_46],
    [`gpt-4o.${SONNET_46}`, SONNET_46],
    [`team-a.claude-opus-4-8.${SONNET_46}`, SONNET_46],
    ['team-a.anthropic.claude-haiku-4-5-20990101-v1:0', HAIKU_45],
    ['claude-team.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
    ['nova-lite-team.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
  ])('%s does not show %s', (name, model) => expect(fresh().namesModel(name, model)).toBe(false));
});

describe('aliasOf', () => {
  const profile = (more) => ({ arn: ARN, model: SONNET_46, label: null, name: null, ...more });

  test.each([
    ['a listed name that shows the model', `team-a.${SONNET_46}`, {}, `team-a.${SONNET_46}`],
    ['another listed name', 'fast', { label: 'Slow' }, `fast.${SONNET_46}`],
    [
      'the label',
      ARN,
      { label: 'Claude für Team 2.1!', name: 'n' },
      `Claude-fur-Team-2-1.${SONNET_46}`,
    ],
    ['the name that AWS has', ARN, { name: 'team-b' }, `team-b.${SONNET_46}`],
    ['the id', ARN, {}, `rf3zeruqfake.${SONNET_46}`],
    [
      'the id, beside a label that no name can be made of',
      ARN,
      { label: '…' },
      `rf3zeruqfake.${SONNET_46}`,
    ],
    [
      'the id, beside a label that would mislead',
      ARN,
      { label: 'GPT-4o' },
      `rf3zeruqfake.${SONNET_46}`,
    ],
  ])('is made of %s', (_what, listed, more, alias) => {
    expect(fresh().aliasOf(listed, profile(more))).toBe(alias);
  });

  test('is made of nothing that it shows, where all of that would mislead', () => {
    const arn = arnOf('gpt4oclaude3');
    const alias = fresh().aliasOf(arn, profile({ arn, label: 'o3' }));
    expect(alias).toMatch(/^profile-[b-z]{12}\.anthropic\.claude-sonnet-4-6$/);
  });

  test('belongs to one profile, whatever the labels are', () => {
    const aliases = fresh();
    const label = 'Team';
    const [one, two] = ['one', 'two'].map(arnOf);
    expect(aliases.aliasOf(one, profile({ arn: one, label }))).toBe(`Team.${SONNET_46}`);
    expect(aliases.aliasOf(two, profile({ arn: two, label }))).toBe(`two.${SONNET_46}`);
    expect(aliases.aliasOf(one, profile({ arn: one, label }))).toBe(`Team.${SONNET_46}`);
    expect(aliases.profileNamed(`two.${SONNET_46}`)).toMatchObject({ arn: two });
    expect(aliases.mappings()).toEqual({
      [`Team.${SONNET_46}`]: { profiles: [one], model: SONNET_46 },
      [`two.${SONNET_46}`]: { profiles: [two], model: SONNET_46 },
    });
  });

  test('is none that the mappings have for something else', () => {
    const taken = (name) => name === `rf3zeruqfake.${SONNET_46}`;
    expect(fresh().aliasOf(ARN, profile(), taken)).toMatch(/^profile-/);
  });

  test('of a model id says where it is called', () => {
    const aliases = fresh();
    const plain = profile({ arn: `us.${SONNET_46}`, region: 'eu-west-1' });
    expect(Object.values({ ...(aliases.aliasOf('fast', plain) && aliases.mappings()) })).toEqual([
      { profiles: [`us.${SONNET_46}`], model: SONNET_46, region: 'eu-west-1' },
    ]);
  });

  test('a lot of them does not grow for ever', () => {
    const aliases = fresh();
    for (let at = 0; at < 2100; at += 1) {
      const arn = arnOf(`n${at}`);
      aliases.aliasOf(arn, profile({ arn }));
    }
    expect(Object.keys(aliases.mappings())).toHaveLength(2000);
  });
});

test('every name of every model shows it, and no other family', () => {
  const { namesFor, namesModel } = fresh();
  const labels = [
    'team-a',
    'Claude for team B',
    'gpt-4o',
    'o3',
    'nova-lite',
    'Sonnet 4.6',
    'llama3',
  ];
  for (const { id } of models.filter((model) => model.id.includes('.'))) {
    const names = labels.flatMap((label) => namesFor([label], { arn: ARN, model: id }));
    expect(names.filter((name) => !namesModel(name, id))).toEqual([]);
    const isClaude = id.includes('claude');
    expect(names.filter((name) => /claude/i.test(name) !== isClaude)).toEqual([]);
  }
});
