'use strict';

/** The inference profiles and other named models of the account, and what each one leads to. */

const { ACCOUNT, makeArn, foundationModelArn, parseArn, partitionOf } = require('./arns');
const { callableFrom, splitGeo } = require('./models');

const CREATED = '2026-01-05T09:00:00.000Z';

/** Where a profile with this prefix sends requests; the first is the source region itself. */
const DESTINATIONS = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-3'],
  apac: ['ap-northeast-1', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  ca: ['ca-central-1'],
  in: ['ap-south-1', 'ap-south-2'],
};

/** [region, id, name, what it was copied from] */
const APPLICATION_PROFILES = [
  [
    'us-east-1',
    'claude37demo',
    'team-a-claude-3-7',
    'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
  ],
  [
    'us-east-1',
    'sonnet45team',
    'team-a-sonnet-4-5',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  ],
  ['us-east-1', 'sonnet46team', 'team-a-sonnet-4-6', 'us.anthropic.claude-sonnet-4-6'],
  ['us-east-1', 'novaprobatch', 'batch-nova-pro', 'amazon.nova-pro-v1:0'],
  ['us-east-1', 'llama4inhous', 'in-house-llama-4', 'us.meta.llama4-maverick-17b-instruct-v1:0'],
  ['us-west-2', 'opus47coding', 'coding-opus-4-7', 'us.anthropic.claude-opus-4-7'],
  ['us-west-2', 'opus50coding', 'coding-opus-5', 'global.anthropic.claude-opus-5'],
  ['us-west-2', 'gpt56solteam', 'team-b-gpt-5-6-sol', 'us.openai.gpt-5.6-sol'],
  ['us-west-2', 'gptoss120big', 'batch-gpt-oss', 'openai.gpt-oss-120b-1:0'],
  ['eu-west-1', 'haiku55fasts', 'fast-haiku-5-5', 'eu.anthropic.claude-haiku-5-5'],
  ['eu-west-1', 'nova2liteeus', 'eu-nova-2-lite', 'eu.amazon.nova-2-lite-v1:0'],
  [
    'us-gov-east-1',
    'sonnet45govt',
    'gov-sonnet-4-5',
    'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
  ],
];

/**
 * [region, type, id, what it is made of]: an id or the ARN of another of these; of a router the models
 * that it may choose, the one that it does choose first.
 */
const OTHER_MODELS = [
  ['us-west-2', 'provisioned-model', 'provisioned1', 'anthropic.claude-3-5-sonnet-20240620-v1:0'],
  ['us-east-1', 'custom-model', 'amazon.nova-lite-v1:0/customnova12', 'amazon.nova-lite-v1:0'],
  [
    'us-east-1',
    'custom-model-deployment',
    'deployedno12',
    makeArn('us-east-1', 'custom-model', 'amazon.nova-lite-v1:0/customnova12'),
  ],
  ['us-east-1', 'imported-model', 'importllama1', 'meta.llama3-1-8b-instruct-v1:0'],
  [
    'us-east-1',
    'default-prompt-router',
    'anthropic.claude:1',
    ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'],
  ],
  ['us-east-1', 'prompt-router', 'routernova12', 'amazon.nova-pro-v1:0'],
];

const describe = (profile) => ({
  inferenceProfileName: profile.name,
  ...(profile.description ? { description: profile.description } : {}),
  createdAt: profile.createdAt,
  updatedAt: profile.createdAt,
  inferenceProfileArn: profile.arn,
  models: profile.models.map((modelArn) => ({ modelArn })),
  inferenceProfileId: profile.id,
  status: 'ACTIVE',
  type: profile.type,
});

class ProfileStore {
  #table;
  #applications = new Map();
  #others = new Map();
  #made = 0;

  /** @param {ReturnType<import('./models').modelTable>} table */
  constructor(table) {
    this.#table = table;
    for (const [region, id, name, from] of APPLICATION_PROFILES)
      this.add({ region, id, name, from });
    for (const [region, type, id, from] of OTHER_MODELS) {
      this.#others.set(makeArn(region, type, id), { region, type, id, from });
    }
  }

  /** Adds an application profile; returns it. */
  add({ region, id, name, from, description, tags, account = ACCOUNT, createdAt = CREATED }) {
    this.#made += 1;
    const made = id ?? `local${String(this.#made).padStart(7, '0')}`;
    const models = this.#destinations(from, region);
    if (!models)
      throw new TypeError(`profiles: ${from} is not a model that can be called from ${region}`);
    const profile = {
      id: made,
      name: name ?? made,
      arn: makeArn(region, 'application-inference-profile', made, account),
      region,
      description,
      tags: { ...tags },
      models,
      type: 'APPLICATION',
      createdAt,
      model: this.#table.find(parseArn(models[0]).id).id,
    };
    this.#applications.set(profile.arn, profile);
    return profile;
  }

  remove(profile) {
    this.#applications.delete(profile.arn);
  }

  /** Foundation-model ARNs behind an id, a profile id or the ARN of either. */
  #destinations(from, region) {
    const arn = parseArn(from);
    const [geo, base] = splitGeo(arn ? arn.id : from);
    const model = this.#table.find(base);
    if (!model) return undefined;
    if (!geo) return [foundationModelArn(arn?.region || region, base)];
    if (!callableFrom(geo, region) || !this.#table.prefixesOf(model).includes(geo))
      return undefined;
    if (geo === 'global') return [foundationModelArn(region, base), foundationModelArn('', base)];
    const regions = [...new Set([region, ...DESTINATIONS[geo]])].slice(0, 5);
    return regions.map((where) => foundationModelArn(where, base));
  }

  /** The system-defined profiles that can be called from a region. */
  system(region, account) {
    return this.#table.all().flatMap((model) =>
      this.#table
        .prefixesOf(model)
        .filter((geo) => callableFrom(geo, region))
        .map((geo) => this.#systemProfile(`${geo}.${model.id}`, region, account)),
    );
  }

  #systemProfile(id, region, account) {
    const [geo, base] = splitGeo(id);
    const models = geo && this.#destinations(id, region);
    if (!models) return undefined;
    return {
      id,
      name: `${geo.toUpperCase()} ${base}`,
      description: `Routes requests to ${base} in ${geo} regions`,
      arn: makeArn(region, 'inference-profile', id, account),
      region,
      models,
      type: 'SYSTEM_DEFINED',
      createdAt: CREATED,
      model: base,
    };
  }

  /** Application profiles, of one region where that is given. */
  applications(region) {
    const all = [...this.#applications.values()];
    return region === undefined ? all : all.filter((profile) => profile.region === region);
  }

  /** A profile by ARN or id, as it is seen from a region. */
  get(identifier, region) {
    const arn = parseArn(identifier);
    if (arn) {
      if (region !== undefined && arn.region !== region) return undefined;
      if (arn.type === 'application-inference-profile') return this.#applications.get(identifier);
      if (arn.type !== 'inference-profile' || arn.partition !== partitionOf(arn.region))
        return undefined;
      return this.#systemProfile(arn.id, arn.region);
    }
    return (
      this.applications(region).find((profile) => profile.id === identifier) ??
      this.#systemProfile(identifier, region ?? 'us-east-1')
    );
  }

  /** A provisioned, custom, deployed or imported model or a prompt router, by ARN or id. */
  other(identifier, types, region) {
    for (const [arn, entry] of this.#others) {
      const named = arn === identifier || entry.id === identifier;
      if (
        named &&
        types.includes(entry.type) &&
        (region === undefined || entry.region === region)
      ) {
        return { arn, ...entry };
      }
    }
    return undefined;
  }

  /** The base model ids behind an ARN that is not a profile's: several where it is a router's. */
  basesOf(arn) {
    const from = [this.#others.get(arn)?.from ?? []].flat();
    return from.flatMap((base) => (this.#others.has(base) ? this.basesOf(base) : base));
  }
}

module.exports = { ProfileStore, describe };
