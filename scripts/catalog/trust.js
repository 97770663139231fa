'use strict';

/**
 * How far the catalog's sources are trusted, from the most to the least. A published fact never
 * replaces one that a better source is named for; of equals a person decides.
 */

const RANKS = [
  [
    'what the service itself refused, and what follows from it',
    /^(rule:|issue:|implied$|pydantic-ai:live$)/,
  ],
  ['what a person concluded from all sources', /^(all|absence|inferred|id|line|members)$/],
  ['the AWS documentation', /^aws:/],
  ["the SDK's shapes", /^botocore(:assumed)?$/],
  [
    'clients that call Bedrock',
    /^(litellm(:disputed|:unverified)?|pydantic-ai|ai-sdk:\w+|langchain-aws|librechat:[\w-]+|vscode-catalog)$/,
  ],
  ['collections', /^(models\.dev(:langchain)?|genai-prices|portkey)$/],
  ['older collections', /^roo$/],
];

/** 0 is the most trusted. */
function rank(source) {
  const at = RANKS.findIndex(([, pattern]) => pattern.test(source));
  if (at < 0) throw new Error(`scripts/catalog/trust.js does not say how far ${source} is trusted`);
  return at;
}

/** The rank of what a reader publishes. */
const rankOf = (reader) => rank(reader.ranksAs ?? reader.sources[0]);

module.exports = { RANKS, rank, rankOf };
