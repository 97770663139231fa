'use strict';

// In which forms mappings are read and written: JSON, YAML, lines of a `.env` file, librechat.yaml.

const { envOf, librechatYamlOf } = require('../discovery/propose.js');
const load = require('../load.js');
const { Problem } = require('./problem.js');

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
 * @returns {{ format: string, entries: [string, unknown][] }}
 */
function read(text, wanted) {
  const plain = text.replace(/^\ufeff/, '');
  const format = wanted === 'auto' ? formatOf(plain) : wanted;
  if (plain.trim() === '') return { format, entries: [] };
  const value = { json: fromJson, yaml: fromMappingsYaml, env: fromEnv, librechat: fromLibreChat }[
    format
  ](plain);
  if (value === null) return { format, entries: [] };
  if (!isMap(value))
    throw wrong('The mappings are no object.', 'Write {"<ARN or alias>": "<model id or ARN>"}.');
  return { format, entries: Object.entries(value) };
}

const wrong = (detail, remedy) => new Problem('invalid-input', detail, remedy);

function fromJson(text) {
  try {
    return JSON.parse(text);
  } catch ({ message }) {
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const lines = text.slice(0, Number(position ?? text.length)).split('\n');
    throw wrong(
      `The text is not JSON at line ${lines.length}, column ${lines.at(-1).length + 1}.`,
      'Write one JSON object.',
    );
  }
}

function fromYaml(text) {
  const { value, error } = JSON.parse(load.readYaml(text));
  if (error !== undefined) throw wrong(`The text ${error}`, 'Write a map of YAML.');
  return value;
}

/** Mappings are texts: what else stands there could not be written back as it was. */
function fromMappingsYaml(text) {
  const { lossy } = JSON.parse(load.readYaml(text));
  if (lossy) {
    throw wrong('It has numbers or truth values where texts belong.', 'Put them into quotes.');
  }
  return fromYaml(text);
}

/** The value of the variable, as dotenv, a shell or Compose would have it. */
function fromEnv(text) {
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

function fromLibreChat(text) {
  const file = fromYaml(text);
  const profiles = file?.endpoints?.bedrock?.inferenceProfiles;
  if (!isMap(profiles)) {
    throw wrong(
      'There is no map endpoints.bedrock.inferenceProfiles.',
      'Give the librechat.yaml that has it, or choose another format.',
    );
  }
  const variable = Object.entries(profiles).find(
    ([, value]) => typeof value === 'string' && value.includes('${'),
  );
  if (variable !== undefined) {
    throw wrong(
      `The entry ${JSON.stringify(variable[0])} names a variable of the environment.`,
      'Write its value in its place.',
    );
  }
  return profiles;
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
  return lines.length === 0 ? '{}\n' : `${lines.join('\n')}\n`;
}

const jsonOf = (entries) => `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;

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
function write(after, { isYaml, before }) {
  const entries = [...after].sort(([one], [other]) => (one < other ? -1 : 1));
  if (!isYaml && (before.trim() === '' || before.trimStart().startsWith('{')))
    return jsonOf(entries);
  return headOf(before) + yamlOf(entries);
}

/** The ARN or the id that an entry calls; `undefined` where it only says what is behind its key. */
function calledBy(key, value) {
  const called = isMap(value) ? value.profiles?.[0] : value;
  if (typeof called !== 'string' || key.startsWith('arn:')) return undefined;
  return called;
}

/** Mappings in a form that others read. */
function exported(entries, format) {
  if (format === 'json')
    return { text: jsonOf(entries), type: 'application/json', name: 'mappings.json' };
  if (format === 'yaml')
    return { text: yamlOf(entries), type: 'application/yaml', name: 'mappings.yaml' };
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
