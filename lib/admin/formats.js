'use strict';

// In which forms mappings are read and written: JSON, YAML, lines of a `.env` file, librechat.yaml.

const { envOf, librechatYamlOf } = require('../discovery/propose.js');
const { inOrder } = require('./layers.js');
const { sorted } = require('./pace.js');
const { Problem } = require('./problem.js');
const { entriesOf, inParts, jsonOf } = require('./sliced.js');

// Loaded when it is needed: the API is described without the addon, too.
const askAddon = (...words) => require('../client.js').askAddon(...words);

const FORMATS = ['json', 'yaml', 'env', 'librechat'];
const VARIABLE = 'BEDROCK_INFERENCE_PROFILE_MAPPINGS';

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a text is, by what it says. */
function formatOf(text) {
  if (text.trimStart().startsWith('{')) return 'json';
  if (new RegExp(`^\\s*(?:export\\s+)?${VARIABLE}\\s*=`, 'm').test(text)) return 'env';
  if (/^endpoints\s*:/m.test(text)) return 'librechat';
  return 'yaml';
}

/**
 * Reads mappings.
 *
 * @param {string} text
 * @param {'auto' | 'json' | 'yaml' | 'env' | 'librechat'} wanted
 * @param {object} client whose addon reads YAML
 * @returns {Promise<{ format: string, entries: Map<string, unknown> }>}
 */
async function read(text, wanted, client) {
  const plain = text.replace(/^\ufeff/, '');
  const format = wanted === 'auto' ? formatOf(plain) : wanted;
  if (plain.trim() === '') return { format, entries: new Map() };
  const readers = {
    json: fromJson,
    yaml: fromMappingsYaml,
    env: fromEnv,
    librechat: fromLibreChat,
  };
  const value = await readers[format](plain, client);
  if (value instanceof Map) return { format, entries: value };
  if (value === null) return { format, entries: new Map() };
  throw wrong('The mappings are no object.', 'Write {"<ARN or alias>": "<model id or ARN>"}.');
}

const wrong = (detail, remedy) => new Problem('invalid-input', detail, remedy);

async function fromJson(text) {
  try {
    return await entriesOf(text);
  } catch ({ message }) {
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const lines = text.slice(0, Number(position ?? text.length)).split('\n');
    throw wrong(
      `The text is not JSON at line ${lines.length}, column ${lines.at(-1).length + 1}.`,
      'Write one JSON object.',
    );
  }
}

async function fromYaml(text, client) {
  const { said, bytes } = await askAddon(client, 'readYaml', { text }, { bytes: true });
  if (said.error !== undefined) throw wrong(`The text ${said.error}`, 'Write a map of YAML.');
  return { value: await entriesOf(Buffer.from(bytes).toString()), lossy: said.lossy };
}

/** What no mapping has could not be written back as it was. */
async function fromMappingsYaml(text, client) {
  const { value, lossy } = await fromYaml(text, client);
  if (lossy) {
    throw wrong(
      'It has truth values or numbers that mappings do not have.',
      'Put texts into quotes.',
    );
  }
  return value;
}

/** The value of the variable, as dotenv, a shell or Compose would have it. */
async function fromEnv(text) {
  const line = new RegExp(
    `^\\s*(?:export\\s+)?${VARIABLE}\\s*=\\s*('[^']*'|"(?:[^"\\\\]|\\\\.)*"|\`[^\`]*\`|[^\\r\\n]*)`,
    'm',
  );
  const [, raw] = line.exec(text) ?? [];
  if (raw === undefined)
    throw wrong(`There is no line ${VARIABLE}=…`, 'Add it, or choose another format.');
  const quote = /^(['"`])([\s\S]*)\1$/.exec(raw.trim());
  if (quote === null) return fromJson(raw.trim());
  return fromJson(quote[1] === '"' ? quote[2].replace(/\\(["\\$`])/g, '$1') : quote[2]);
}

async function fromLibreChat(text, client) {
  const { value } = await fromYaml(text, client);
  const profiles = Object(value instanceof Map ? value.get('endpoints') : undefined).bedrock
    ?.inferenceProfiles;
  if (!isMap(profiles)) {
    throw wrong(
      'There is no map endpoints.bedrock.inferenceProfiles.',
      'Give the librechat.yaml that has it, or choose another format.',
    );
  }
  const variable = Object.entries(profiles).find(
    ([, called]) => typeof called === 'string' && called.includes('${'),
  );
  if (variable !== undefined) {
    throw wrong(
      `The entry ${JSON.stringify(variable[0])} names a variable of the environment.`,
      'Write its value in its place.',
    );
  }
  return new Map(Object.entries(profiles));
}

const quoted = (text) => JSON.stringify(text);

/** A scalar in YAML that no reader takes for something else. */
function yamlOf(entries) {
  const lines = [];
  for (const [key, value] of entries) {
    if (!isMap(value)) lines.push(`${quoted(key)}: ${JSON.stringify(value)}`);
    else if (Object.keys(value).length === 0) lines.push(`${quoted(key)}: {}`);
    else {
      lines.push(`${quoted(key)}:`);
      for (const [name, member] of Object.entries(value)) {
        if (!Array.isArray(member) || member.length === 0)
          lines.push(`  ${quoted(name)}: ${JSON.stringify(member)}`);
        else
          lines.push(
            `  ${quoted(name)}:`,
            ...member.map((item) => `    - ${JSON.stringify(item)}`),
          );
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The same of many. */
const wholeYamlOf = async (entries) => (await inParts(entries, yamlOf)).join('') || '{}\n';

/** The comment that a file of YAML begins with. */
function headOf(text) {
  return /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*/.exec(text)[0];
}

/** How many lines of comments would be lost. */
function commentsOf(text) {
  if (text.trimStart().startsWith('{')) return 0;
  return text.slice(headOf(text).length).match(/^[ \t]*#|[ \t]#(?=[^"'\n]*$)/gm)?.length ?? 0;
}

/** The text of a document. */
async function write(after, { isYaml, before }) {
  const entries = await sorted([...after], ([one], [other]) => inOrder(one, other));
  if (!isYaml && (before.trim() === '' || before.trimStart().startsWith('{')))
    return jsonOf(entries, true);
  return headOf(before) + (await wholeYamlOf(entries));
}

/** The ARN or the id that an entry calls; `undefined` where it only says what is behind its key. */
function calledBy(key, value) {
  const first = isMap(value) ? value.profiles?.[0] : value;
  const called = isMap(first) ? first.id : first;
  if (typeof called !== 'string' || key.startsWith('arn:')) return undefined;
  return called;
}

/** Mappings in a form that others read. */
async function exported(entries, format) {
  if (format === 'json')
    return { text: await jsonOf(entries, true), type: 'application/json', name: 'mappings.json' };
  if (format === 'yaml')
    return { text: await wholeYamlOf(entries), type: 'application/yaml', name: 'mappings.yaml' };
  const named = entries.flatMap(([key, value]) => {
    const called = calledBy(key, value);
    return called === undefined ? [] : [[key, called]];
  });
  if (format === 'env') {
    const { text } = envOf(
      Object.fromEntries(entries),
      named.map(([key]) => key),
    );
    return { text, type: 'text/plain', name: 'bedrock.env' };
  }
  return { text: librechatYamlOf(named), type: 'application/yaml', name: 'librechat-bedrock.yaml' };
}

module.exports = { FORMATS, commentsOf, exported, read, write };
