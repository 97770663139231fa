'use strict';

// What LibreChat's librechat.yaml says of profiles: `endpoints.bedrock.inferenceProfiles`, which maps
// names of its list of models to the ARN that is called for each, and whatever else holds an ARN.
// Read by what is made for LibreChat and by nothing else, once in a process, after its dotenv has run.

const fs = require('node:fs');
const path = require('node:path');

const FILE = 'librechat.yaml';
const PLACE = 'endpoints.bedrock.inferenceProfiles';
const INSTEAD = 'Write them into BEDROCK_INFERENCE_PROFILE_MAPPINGS to have them known.';

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const warn = (message) => new (require('./logging.js').Log)().warn(message);

const NOTHING = { profiles: Object.freeze({}), arns: [] };
const ARN = /^arn:[\w-]+:bedrock:/;

const read = new Map();

/**
 * Name → ARN, as librechat.yaml says it; empty where there is none.
 *
 * @returns {Record<string, string>}
 */
const loadInferenceProfiles = () => load().profiles;

/**
 * Every ARN of Bedrock in librechat.yaml, wherever it stands: models, titles, memory, presets.
 *
 * @returns {string[]}
 */
const arnsOfFile = () => load().arns;

function load() {
  const file = locate();
  if (file === undefined) return NOTHING;
  if (!read.has(file)) read.set(file, contentOf(file));
  return read.get(file);
}

/** The file that LibreChat reads: CONFIG_PATH, or the one in its folder. */
function locate() {
  const configured = process.env.CONFIG_PATH;
  if (configured) return configured;
  const folders = [process.cwd(), ...above(require.main?.filename)];
  return folders.map((folder) => path.join(folder, FILE)).find((file) => fs.existsSync(file));
}

/** A program's folder and those above it: LibreChat's server is in api/server. */
function above(program) {
  const folders = [];
  let folder = program && path.dirname(program);
  while (folder && !folders.includes(folder)) {
    folders.push(folder);
    folder = path.dirname(folder);
  }
  return folders;
}

function contentOf(file) {
  if (/^https?:/i.test(file)) {
    warn(`CONFIG_PATH is a URL: ${PLACE} of it are LibreChat's alone. ${INSTEAD}`);
    return NOTHING;
  }
  try {
    const config = parse(file);
    return { profiles: checked(config, file), arns: [...new Set(arnsIn(config))] };
  } catch (error) {
    warn(`${PLACE} of ${file} are not read: ${error.message} ${INSTEAD}`);
    return NOTHING;
  }
}

/** The ARNs in a value of the file. */
function arnsIn(value) {
  if (typeof value === 'string') {
    const { text } = withVariables(value.trim());
    return text !== undefined && ARN.test(text) ? [text] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(arnsIn) : [];
}

/** The YAML parser is LibreChat's own. */
function parse(file) {
  const text = textOf(file);
  if (!text.includes('inferenceProfiles') && !/arn:|\$\{/.test(text)) return undefined;
  const paths = [process.cwd(), path.dirname(path.resolve(file)), ...above(require.main?.filename)];
  let yaml;
  try {
    yaml = require(require.resolve('js-yaml', { paths }));
  } catch (cause) {
    throw new Error('LibreChat’s package js-yaml, which reads the file, was not found.', { cause });
  }
  try {
    return yaml.load(text);
  } catch (cause) {
    // Its message shows lines of the file, which may hold secrets.
    const { reason, mark } = cause;
    const where = mark ? ` at line ${mark.line + 1}, column ${mark.column + 1}` : '';
    throw new Error(`it is not YAML${where}${reason ? `: ${reason}` : ''}.`, { cause });
  }
}

function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`the file cannot be read (${cause.code}).`, { cause });
  }
}

function checked(config, file) {
  const profiles = config?.endpoints?.bedrock?.inferenceProfiles;
  if (profiles === undefined || profiles === null) return {};
  if (!isMap(profiles)) throw new Error('they must be a map of model names to ARNs.');
  const good = {};
  for (const [name, value] of Object.entries(profiles)) {
    const arn = typeof value === 'string' ? withVariables(value.trim()) : { wrong: kindOf(value) };
    if (arn.text) {
      Object.defineProperty(good, name, { value: arn.text, enumerable: true });
    } else {
      warn(
        `${PLACE} of ${file}, entry ${JSON.stringify(name)}: ${arn.wrong}; it must be an ARN, or a ` +
          'variable of the environment that holds one. The entry is left out.',
      );
    }
  }
  return good;
}

const kindOf = (value) =>
  value === null
    ? 'it has no value'
    : `the value is ${Array.isArray(value) ? 'a list' : `of type ${typeof value}`}`;

/** `${NAME}` stands for a variable of the environment, as everywhere in librechat.yaml. */
function withVariables(text) {
  if (text === '') return { wrong: 'the value is empty' };
  const missing = [...text.matchAll(/\$\{([^}]+)\}/g)].find(([, name]) => !process.env[name]);
  if (missing) return { wrong: `${missing[0]} is not set in the environment` };
  return { text: text.replace(/\$\{([^}]+)\}/g, (_whole, name) => process.env[name]) };
}

module.exports = { loadInferenceProfiles, arnsOfFile, withVariables };
