'use strict';

/** Lengths, formats and kinds of values: what the service looks at before any model does. */

const { constraint, isObject, memberPath } = require('./request');

/** The enums of the service's shapes, in the order in which it lists them. */
const FORMATS = {
  image: ['gif', 'jpeg', 'png', 'webp'],
  document: ['csv', 'doc', 'docx', 'html', 'md', 'pdf', 'txt', 'xls', 'xlsx'],
  video: ['flv', 'mkv', 'mov', 'mp4', 'mpeg', 'mpg', 'three_gp', 'webm', 'wmv'],
};
const SHORT = 'have length greater than or equal to 1';

const isBlank = (text) => typeof text === 'string' && text.trim() === '';

function emptySystem({ system }) {
  const at = system.findIndex((block) => block?.text === '');
  return at >= 0 && constraint('', `system.${at + 1}.member.text`, SHORT);
}

function emptyTools({ body, tools }) {
  return Array.isArray(body.toolConfig?.tools) && tools.length === 0
    ? constraint(undefined, 'toolConfig.tools', SHORT)
    : undefined;
}

const descriptions = ({ tools }) => tools.map((tool) => tool?.toolSpec?.description);

function emptyDescription(req) {
  const at = descriptions(req).indexOf('');
  return at >= 0 && constraint('', `toolConfig.tools.${at + 1}.member.toolSpec.description`, SHORT);
}

function blankDescription(req) {
  const at = descriptions(req).findIndex(isBlank);
  return (
    at >= 0 &&
    `The description field in the ToolSpecification object at toolConfig.tools.${at}.toolSpec is ` +
      'blank. Add text to the description field, and try again.'
  );
}

function badFormat({ everywhere }) {
  for (const place of everywhere) {
    for (const [kind, formats] of Object.entries(FORMATS)) {
      const format = place.block[kind]?.format;
      if (format === undefined || formats.includes(format)) continue;
      const path = `${memberPath(place)}.${kind}.format`;
      return constraint(undefined, path, `satisfy enum value set: [${formats.join(', ')}]`);
    }
  }
  return undefined;
}

/** What needs a text, where there is a signature alone. */
function reasoningWithoutText({ blocks }) {
  const place = blocks.find(({ block }) => {
    const text = block.reasoningContent?.reasoningText;
    return isObject(text) && typeof text.text !== 'string';
  });
  const path = place && `${memberPath(place)}.reasoningContent.reasoningText.text`;
  return path && constraint(undefined, path, 'not be null');
}

const noObject = (path) =>
  `The format of the value at ${path} is invalid. Provide a json object for the field and try again.`;

function toolInput({ blocks }) {
  const place = blocks.find(({ block }) => block.toolUse && !isObject(block.toolUse.input));
  if (!place) return undefined;
  return place.block.toolUse.input === undefined || place.block.toolUse.input === null
    ? constraint(undefined, `${memberPath(place)}.toolUse.input`, 'not be null')
    : noObject(`${place.path}.toolUse.input`);
}

function resultJson({ everywhere }) {
  const place = everywhere.find(
    ({ block, inner }) =>
      inner !== undefined && Object.hasOwn(block, 'json') && !isObject(block.json),
  );
  return place && noObject(`${place.path}.json`);
}

function schemaType({ tools }) {
  const at = tools.findIndex(
    (tool) =>
      isObject(tool?.toolSpec?.inputSchema) && tool.toolSpec.inputSchema.json?.type !== 'object',
  );
  return (
    at >= 0 &&
    `The value at toolConfig.tools.${at}.toolSpec.inputSchema.json.type must be one of the following: object.`
  );
}

function sameNames({ everywhere }) {
  const names = everywhere.flatMap(({ block }) => block.document?.name ?? []);
  const lower = names.filter((name) => typeof name === 'string').map((name) => name.toLowerCase());
  return new Set(lower).size < lower.length;
}

const PROJECT =
  /^([a-zA-Z0-9_-]+|arn:aws(|-us-gov|-cn|-iso|-iso-b|-iso-f|-eusc):bedrock:[0-9a-z-]{1,20}:\d{12}:project\/[a-zA-Z0-9_-]+)$/;

function badProject({ body: { projectIdentifier: project } }) {
  if (project === undefined || PROJECT.test(project)) return undefined;
  return project === ''
    ? constraint('', 'projectIdentifier', SHORT)
    : constraint(
        project,
        'projectIdentifier',
        `satisfy regular expression pattern: ${PROJECT.source.slice(1, -1)}`,
      );
}

/** What takes no project but the default one. */
const NO_PROJECT =
  /^arn:[^:]+:[^:]+:[^:]+:[^:]+:(application-inference-profile|custom-model|custom-model-deployment|imported-model)\//;

const given = (text) => text;
const check = (rule, when, more) => ({ rule, when, message: given, ...more });

module.exports = [
  check('M32', emptySystem, { name: 'empty system prompt' }),
  check('M38', emptyTools, { name: 'no tools' }),
  check('M39', emptyDescription, { name: 'empty description' }),
  check('M26', badFormat, { name: 'formats' }),
  check('R29', reasoningWithoutText, { name: 'reasoning without text' }),
  check('shape', badProject, { name: 'project' }),
  check('M39', blankDescription, { weak: true }),
  check('M27', toolInput),
  check('M28', resultJson),
  check('M42', schemaType),
  {
    rule: 'M37',
    when: sameNames,
    message:
      "Messages can't contain duplicate document names. Rename the document and retry your request.",
  },
  {
    rule: 'I9',
    weak: true,
    when: ({ body, modelId }) =>
      ![undefined, 'default'].includes(body.projectIdentifier?.split(':project/').at(-1)) &&
      NO_PROJECT.test(modelId ?? ''),
    message:
      "Application inference profiles don't support non-default projects. The inference target must " +
      'resolve to a foundation model or system-defined inference profile.',
  },
];
