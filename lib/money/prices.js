'use strict';

const { lazy } = require('../lazy.js');

/**
 * What a call costs: prices.json, which says where and when each price was read, and what the operator
 * pays instead. A price that is not known is `null`, never zero.
 */

const table = lazy(() => require('./prices.json'));

/** Amounts are whole numbers of these: a billionth of a dollar. */
const NANO = 1e9;
const PER = 1e6;

const GEOGRAPHIES = ['global', 'regional'];
const TIERS = ['default', 'flex', 'priority'];
const TTLS = ['5m', '1h'];

const isPrice = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What a call costs.
 *
 * @param {{ usage?: object, estimated?: boolean, profile?: object, requestedId?: string,
 *   serviceTier?: string, latency?: string, time?: number }} call
 * @param {{ prices?: object, geography?: string }} [settings] of the operator
 * @returns {{ amount: number | null, currency: 'USD', nano?: number, estimated?: true, assumed?: string[],
 *   reason?: string, source?: string }} `amount` in USD; `reason` says why it is `null`
 */
function costOf(call, settings = {}) {
  const { usage, profile, estimated } = call;
  if (!usage) return unknown('the response did not say what was used');
  const found = rateOf(call, settings);
  if (found.reason !== undefined) return unknown(found.reason);
  const { rate, assumed, source } = found;
  const counted = amountOf(usage, rate);
  if (counted.reason !== undefined) return unknown(`${counted.reason} of ${profile?.model}`);
  const all = [...assumed, ...counted.assumed];
  return {
    amount: counted.nano / NANO,
    currency: 'USD',
    ...(estimated && { estimated: true }),
    ...(all.length > 0 && { assumed: all }),
    source,
    nano: counted.nano,
  };
}

const unknown = (reason) => ({ amount: null, currency: 'USD', reason });

/** The prices that hold for a call, in USD for a million tokens; or why there are none. */
function rateOf(call, { prices = {}, geography }) {
  const { profile, requestedId, serviceTier = 'default', latency } = call;
  const own = [profile?.label, requestedId, profile?.callId, profile?.model].find(
    (name) => name && Object.hasOwn(prices, name),
  );
  if (own !== undefined) return ownRate(prices[own], call);
  if (!profile?.model) return { reason: 'the model is not known' };
  const billed = billedOtherwise(profile.callId);
  if (billed !== undefined) return { reason: billed };
  const entry = Object.hasOwn(table().models, profile.model) && table().models[profile.model];
  if (!entry) return { reason: `no price of ${profile.model} is known` };
  if (!table().partitions.includes(partitionOf(profile))) {
    return { reason: `no price of ${profile.model} is known in ${profile.region}` };
  }
  if (entry.regions && !entry.regions.includes(profile.region)) {
    return {
      reason: `no price of ${profile.model} is known in ${profile.region ?? 'this region'}`,
    };
  }
  if (latency === 'optimized') {
    if (!entry.optimized)
      return { reason: `no price of ${profile.model} with optimized latency is known` };
    return { rate: entry.optimized, assumed: [], source: entry.source };
  }
  const tier = serviceTier === 'default' ? entry : entry.tiers?.[serviceTier];
  if (!tier) return { reason: `no price of ${profile.model} in the tier ${serviceTier} is known` };
  const stepped = stepOf({ ...entry, ...tier }, call.usage);
  const assumed = [];
  let place = placeOf(profile.callId);
  if (place === undefined && entry.regional !== undefined) {
    place = geography ?? 'regional';
    assumed.push('geography');
  }
  const factor = place === 'regional' ? (entry.regional ?? 1) : 1;
  return { rate: times(stepped, factor), assumed, source: entry.source };
}

/** The operator's own prices stand for everything but a step in length. */
function ownRate(entry, { usage, serviceTier = 'default' }) {
  const tier = serviceTier === 'default' ? {} : (entry.tiers?.[serviceTier] ?? {});
  return {
    rate: stepOf({ ...entry, ...tier }, usage),
    assumed: [],
    source: 'options.costs.prices',
  };
}

/** Long prompts may have prices of their own, for all of the call. */
function stepOf(entry, usage) {
  const { above, ...longer } = entry.long ?? {};
  const { inputTokens = 0, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage ?? {};
  const prompt = inputTokens + cacheReadInputTokens + cacheWriteInputTokens;
  return entry.long && prompt > above ? { ...entry, ...longer } : entry;
}

function times(rate, factor) {
  if (factor === 1) return rate;
  const scaled = (price) => (price === undefined ? undefined : price * factor);
  return {
    input: scaled(rate.input),
    output: scaled(rate.output),
    cacheRead: scaled(rate.cacheRead),
    cacheWrite: rate.cacheWrite && {
      '5m': scaled(rate.cacheWrite['5m']),
      '1h': scaled(rate.cacheWrite['1h']),
    },
  };
}

/** Whether the id that is called is served worldwide or in one geography; undefined where it hides that. */
function placeOf(callId = '') {
  const id = callId.startsWith('arn:') ? callId.split('/').pop() : callId;
  if (/:application-inference-profile\//.test(callId)) return undefined;
  return id.startsWith('global.') ? 'global' : 'regional';
}

function partitionOf({ callId = '', region }) {
  if (callId.startsWith('arn:')) return callId.split(':')[1];
  if (region?.startsWith('us-gov-')) return 'aws-us-gov';
  if (region?.startsWith('cn-')) return 'aws-cn';
  return 'aws';
}

/** What is not billed by token. */
function billedOtherwise(callId = '') {
  const kind = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:([^/]*)/.exec(callId);
  if (kind === null) return undefined;
  const [, service, resource] = kind;
  if (service === 'sagemaker') return 'an endpoint of SageMaker is billed by the hour';
  const hourly = ['provisioned-model', 'custom-model', 'custom-model-deployment', 'imported-model'];
  return hourly.includes(resource)
    ? `a ${resource} is not billed by AWS's prices of tokens`
    : undefined;
}

/** Usage times prices, to a billionth of a dollar. */
function amountOf(usage, rate) {
  const { inputTokens = 0, outputTokens = 0, cacheReadInputTokens = 0 } = usage;
  const { written, assumed } = writtenOf(usage);
  const parts = [
    ['input tokens', inputTokens, rate.input],
    ['output tokens', outputTokens, rate.output],
    ['tokens read from the cache', cacheReadInputTokens, rate.cacheRead],
    ...TTLS.map((ttl) => [
      `tokens written to the cache for ${ttl}`,
      written[ttl],
      rate.cacheWrite?.[ttl],
    ]),
  ];
  let pico = 0;
  for (const [what, count, price] of parts) {
    if (!(count > 0)) continue;
    if (!isPrice(price)) return { reason: `no price of ${what}` };
    // USD for a million tokens, in a billionth of a dollar for each.
    pico += count * Math.round(price * PER);
  }
  return { nano: Math.round((pico * (NANO / PER)) / PER), assumed };
}

/** What was written to the cache, by how long it lives. */
function writtenOf({ cacheWriteInputTokens = 0, cacheDetails }) {
  const written = { '5m': 0, '1h': 0 };
  if (!Array.isArray(cacheDetails) || cacheDetails.length === 0) {
    return { written: { ...written, '5m': cacheWriteInputTokens }, assumed: [] };
  }
  let known = 0;
  for (const { ttl, inputTokens = 0 } of cacheDetails) {
    if (!TTLS.includes(ttl)) continue;
    written[ttl] += inputTokens;
    known += inputTokens;
  }
  written['5m'] += Math.max(0, cacheWriteInputTokens - known);
  return { written, assumed: [] };
}

/** What is wrong with prices of the operator's, in words that continue their name. */
function problemOfPrices(prices) {
  if (prices === undefined) return undefined;
  if (!object(prices)) return ' must be an object of prices by model, profile or label';
  for (const [id, entry] of Object.entries(prices)) {
    const at = `[${JSON.stringify(id)}]`;
    if (!object(entry)) return `${at} must be an object such as { input: 3, output: 15 }`;
    const problem = problemOfEntry(entry, true);
    if (problem) return `${at}${problem}`;
  }
  return undefined;
}

function problemOfEntry(entry, isWhole) {
  for (const [name, value] of Object.entries(entry)) {
    if (['input', 'output', 'cacheRead'].includes(name)) {
      if (!isPrice(value)) return `.${name} must be USD for a million tokens, a number from 0`;
    } else if (name === 'cacheWrite') {
      const fits =
        object(value) &&
        Object.entries(value).every(([ttl, price]) => TTLS.includes(ttl) && isPrice(price));
      if (!fits) return `.${name} must be an object such as { "5m": 3.75, "1h": 6 }`;
    } else if (name === 'tiers' && isWhole) {
      if (!object(value)) return '.tiers must be an object of prices by service tier';
      for (const [tier, prices] of Object.entries(value)) {
        if (!TIERS.includes(tier))
          return `.tiers.${tier} is no service tier; there are ${TIERS.join(', ')}`;
        const problem = object(prices)
          ? problemOfEntry(prices, false)
          : ' must be an object of prices';
        if (problem) return `.tiers.${tier}${problem}`;
      }
    } else if (name === 'long' && isWhole) {
      const { above, ...prices } = object(value) ? value : {};
      if (!Number.isInteger(above) || above <= 0)
        return '.long.above must be a whole number of tokens';
      const problem = problemOfEntry(prices, false);
      if (problem) return `.long${problem}`;
    } else {
      return `.${name} means nothing; there are input, output, cacheRead, cacheWrite, tiers, long`;
    }
  }
  if (isWhole && !(isPrice(entry.input) && isPrice(entry.output))) return ' needs input and output';
  return undefined;
}

module.exports = { costOf, rateOf, problemOfPrices, GEOGRAPHIES, NANO };
