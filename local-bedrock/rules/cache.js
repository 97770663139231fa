'use strict';

/** Section 5: prompt caching. */

const { extraneous, unsupported } = require('./request');

/** Every list that may hold cache points, in the order in which the service reads them. */
const sections = ({ tools, system, messages }) => [
  ['tools', tools, 'toolConfig.tools'],
  ['system', system, 'system'],
  ...messages.map(({ content }, at) => ['messages', content, `messages.${at}.content`]),
];

const pointsOf = (req) =>
  sections(req).flatMap(([field, blocks, path]) =>
    blocks.flatMap((block, index) =>
      block?.cachePoint && Object.keys(block).length === 1
        ? [{ field, blocks, index, path: `${path}.${index}`, ttl: block.cachePoint.ttl ?? '5m' }]
        : [],
    ),
  );

const isUncacheable = (block) =>
  block?.video || (block?.document && block.document.format !== 'pdf');

const lateHour = (req) => {
  const points = pointsOf(req);
  const firstShort = points.findIndex(({ ttl }) => ttl === '5m');
  return firstShort < 0 ? undefined : points.slice(firstShort).find(({ ttl }) => ttl === '1h');
};

module.exports = [
  {
    rule: 'P9',
    when: (req, model) => model.provider === 'OpenAI' && !model.cache && pointsOf(req).length > 0,
    weak: true,
    message: unsupported('cachePoint'),
  },
  {
    rule: 'P1',
    name: 'Kimi',
    when: (req, model) =>
      model.provider === 'Moonshot AI' && !model.cache && pointsOf(req).length > 0,
    message: unsupported('cachePoint'),
  },
  {
    rule: 'P1',
    status: 403,
    type: 'AccessDeniedException',
    when: (req, model) => !model.cache && pointsOf(req).length > 0,
    message: 'You invoked an unsupported model or your request did not allow prompt caching',
  },
  {
    rule: 'P6',
    weak: true,
    side: 'model',
    when: (req, model) =>
      pointsOf(req).find(({ field }) => model.cache?.fields.includes(field) === false),
    message: ({ path }) => extraneous('cachePoint', `#/${path.replaceAll('.', '/')}`),
  },
  {
    rule: 'P8',
    weak: true,
    side: 'model',
    when: (req, model) =>
      model.cache?.besideTools === false &&
      pointsOf(req).find(({ blocks }) => blocks.some((block) => block.toolUse || block.toolResult)),
    message: ({ path }) => extraneous('cachePoint', `#/${path.replaceAll('.', '/')}`),
  },
  {
    rule: 'P2',
    weak: true,
    side: 'model',
    when: (req, model) => pointsOf(req).length > model.cache?.max && pointsOf(req).length,
    message: (count, _req, model) =>
      `A maximum of ${model.cache.max} blocks with cache_control may be provided. Found ${count}.`,
  },
  {
    rule: 'P4',
    weak: true,
    when: (req, model) => pointsOf(req).some(({ ttl }) => !model.cache?.ttls.includes(ttl)),
    message: (_detail, _req, model) =>
      model.claude
        ? 'Extended TTL prompt caching is not supported for this model.'
        : 'Extended TTL prompt caching is only supported for Anthropic models',
  },
  {
    rule: 'P5',
    weak: true,
    side: 'model',
    when: lateHour,
    message: ({ path }) =>
      `${path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' ` +
      'cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
  },
  {
    rule: 'P7',
    weak: true,
    when: (req) =>
      pointsOf(req).find(({ blocks, index }) => index === 0 || isUncacheable(blocks[index - 1])),
    message: ({ path }) => `There is nothing available to cache at ${path}.`,
  },
];
