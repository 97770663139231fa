'use strict';

/** Tokens: how many a request has, and which of them came from or went to the prompt cache. */

const { createHash } = require('node:crypto');

const TTL_MS = { '5m': 5 * 60_000, '1h': 60 * 60_000 };
/** How many blocks before a cache point the service looks back for an older entry. */
const LOOK_BACK = 20;
const BYTES_PER_TOKEN = 4;
const IMAGE_TOKENS = 1500;

/** A rough count: enough for limits and for usage that adds up. */
const countTokens = (text) => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

const isMedia = (block) => block?.image ?? block?.video ?? block?.audio;

function blockTokens(block) {
  if (block?.cachePoint) return 0;
  if (isMedia(block)) return IMAGE_TOKENS;
  if (typeof block?.text === 'string') return countTokens(block.text);
  if (block?.document) return countTokens(block.document.source?.bytes ?? '') || 100;
  return countTokens(JSON.stringify(block));
}

/** The blocks of a request in the order in which the service reads them. */
function promptBlocks(body) {
  const list = (items) => (Array.isArray(items) ? items : []);
  return [
    ...list(body.toolConfig?.tools).map((block) => ['tools', block]),
    ...list(body.system).map((block) => ['system', block]),
    ...list(body.messages).flatMap((message) =>
      list(message?.content).map((block) => [message.role, block]),
    ),
  ];
}

const countInput = (body) =>
  promptBlocks(body).reduce((sum, [, block]) => sum + blockTokens(block), 0);

/** The prompt cache of one server. */
class PromptCache {
  #entries = new Map();

  /**
   * Reads and writes the cache for one request.
   *
   * @returns {{ read: number, written: Record<string, number> }} tokens; written by TTL
   */
  use(body, { model, region, now }) {
    // Each region has its own.
    const hash = createHash('sha256').update(`${region}\0${model.id}`);
    const boundaries = [];
    const points = [];
    let tokens = 0;
    for (const [place, block] of promptBlocks(body)) {
      if (block?.cachePoint) {
        if (boundaries.length > 0) {
          points.push({ at: boundaries.length - 1, ttl: block.cachePoint.ttl ?? '5m' });
        }
        continue;
      }
      hash.update(`\0${place}\0${JSON.stringify(block)}`);
      tokens += blockTokens(block);
      boundaries.push({ key: hash.copy().digest('hex'), tokens });
    }
    const usable = points.filter(({ at }) => boundaries[at].tokens >= model.cache.min);
    const read = this.#longestHit(boundaries, usable, now);
    const written = {};
    let upTo = read;
    for (const { at, ttl } of usable) {
      const { key, tokens: size } = boundaries[at];
      this.#entries.set(key, { expires: now + TTL_MS[ttl], ttl });
      if (size > upTo) {
        written[ttl] = (written[ttl] ?? 0) + size - upTo;
        upTo = size;
      }
    }
    return { read, written };
  }

  #longestHit(boundaries, points, now) {
    for (const { at } of points.toReversed()) {
      for (let index = at; index >= Math.max(0, at - LOOK_BACK); index -= 1) {
        const entry = this.#entries.get(boundaries[index].key);
        if (entry && entry.expires > now) {
          entry.expires = now + TTL_MS[entry.ttl];
          return boundaries[index].tokens;
        }
      }
    }
    return 0;
  }
}

/** The member `usage` of an answer. */
function makeUsage(body, model, outputTokens, cache, at) {
  const all = countInput(body);
  if (!model.cache) return { inputTokens: all, outputTokens, totalTokens: all + outputTokens };
  const { read, written } = cache.use(body, { model, ...at });
  const write = Object.values(written).reduce((sum, tokens) => sum + tokens, 0);
  return {
    inputTokens: all - read - write,
    outputTokens,
    totalTokens: all + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: write,
    ...(write > 0
      ? {
          cacheDetails: Object.entries(written).map(([ttl, inputTokens]) => ({ ttl, inputTokens })),
        }
      : {}),
  };
}

module.exports = { PromptCache, countTokens, countInput, makeUsage };
