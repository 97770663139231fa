'use strict';

/** Section 4, second half: messages, media, output. */

const { constraint } = require('./request');

const MB = 1_000_000;
const MAX_DOCUMENTS = 5;
const MAX_IMAGES = 20;
const MAX_DOCUMENT_BYTES = 4.5 * MB;
const MAX_IMAGE_BYTES = 3.75 * MB;
const DOCUMENT_NAME = /^ ?([\p{L}\p{N}()[\]-]+ ?)+$/u;

/** Bytes behind base64 text. */
const sizeOf = (media) => {
  const text = media.source?.bytes;
  return typeof text === 'string' ? Math.floor((text.replace(/=+$/, '').length * 3) / 4) : 0;
};

/** What is wrong with a message's media, where something is. */
function mediaFault({ messages }, model) {
  const maxImage = model.maxImageBytes ?? MAX_IMAGE_BYTES;
  for (const { content } of messages) {
    const documents = content.flatMap(({ document }) => document ?? []);
    const images = content.flatMap(({ image }) => image ?? []);
    if (
      documents.length > 0 &&
      !content.some(({ text, toolResult }) => text !== undefined || toolResult)
    ) {
      return 'A text block must be included when using documents.';
    }
    if (documents.length > MAX_DOCUMENTS)
      return 'The number of documents exceeds the maximum allowed of 5.';
    if (images.length > MAX_IMAGES)
      return 'The number of images exceeds the maximum allowed of 20.';
    if (documents.some((document) => sizeOf(document) > MAX_DOCUMENT_BYTES)) {
      return 'The document file size exceeds the maximum allowed size of 4.5 MB.';
    }
    if (images.some((image) => sizeOf(image) > maxImage)) {
      return `The image size exceeds the maximum allowed size of ${maxImage / MB} MB.`;
    }
  }
  return undefined;
}

const badName = ({ everywhere }) =>
  everywhere.find(({ block }) => {
    const name = block.document?.name;
    return name !== undefined && (name.length > 200 || !DOCUMENT_NAME.test(name));
  });

function badMetadata({ body }) {
  if (body.requestMetadata === undefined) return undefined;
  const keys = Object.keys(body.requestMetadata);
  if (keys.length < 1)
    return constraint('{}', 'requestMetadata', 'have length greater than or equal to 1');
  if (keys.length > 16)
    return constraint('{…}', 'requestMetadata', 'have length less than or equal to 16');
  const long = keys.find((key) => key.length < 1 || key.length > 256);
  return long === undefined
    ? undefined
    : constraint(long, 'requestMetadata', 'have length between 1 and 256');
}

module.exports = [
  {
    rule: 'M12',
    when: ({ messages }, model) =>
      messages.length === 0 || (messages[0].role === 'assistant' && !model.assistantFirst),
    message:
      'A conversation must start with a user message. ' +
      'Try again with a conversation that starts with a user message.',
  },
  {
    rule: 'M13',
    weak: true,
    when: ({ system }, model) => model.noSystem && system.length > 0,
    message:
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
  },
  {
    rule: 'M14',
    name: 'kinds of content',
    when: ({ everywhere }, model) =>
      model.refusedContent.find((kind) =>
        everywhere.some(({ block }) => block[kind] !== undefined),
      ),
    message: (kind) => `This model doesn't support the ${kind} content block`,
  },
  {
    rule: 'M14',
    name: 'citations',
    when: ({ everywhere }, model) =>
      model.noCitations && everywhere.some(({ block }) => block.document?.citations?.enabled),
    message: "This model doesn't support citations.",
  },
  { rule: 'M15', weak: true, when: mediaFault, message: (text) => text },
  {
    rule: 'M16',
    when: badName,
    message:
      'The file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, ' +
      "and square brackets. The name can't contain more than one consecutive whitespace character.",
  },
  {
    rule: 'M19',
    side: 'model',
    when: ({ body }, model) => body.outputConfig?.textFormat !== undefined && model.noFormat,
    message: 'output_config.format: Extra inputs are not permitted',
  },
  {
    rule: 'M21',
    weak: true,
    side: 'model',
    when: ({ body, blocks }) =>
      body.outputConfig?.textFormat !== undefined &&
      blocks.some(({ block }) => block.document?.citations?.enabled),
    message: 'output_config.format: Citations cannot be used with structured output.',
  },
  { rule: 'M23', when: badMetadata, message: (text) => text },
];
