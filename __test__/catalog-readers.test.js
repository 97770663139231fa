'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const { cached, fetch } = require('../scripts/catalog/fetch');
const { Catalog, readJson } = require('../scripts/catalog/load');
const { READERS, readTable } = require('../scripts/catalog/readers');

const LITELLM = 'litellm/model_prices_and_context_window_backup.json';

const reader = (name) => READERS.find((each) => each.name === name);

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'readers-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('the reader of', () => {
  const catalog = Catalog.load();

  /** `model field value` of all that a reader finds in a file of a package. */
  function found(name, file, body) {
    const target = path.join(folder, ...file.split('/'));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, body);
    const { table } = readTable(reader(name), { folder, version: '9.9.9', catalog });
    return [...table.published].flatMap(([model, facts]) =>
      [...facts].map(([field, { value }]) => `${model} ${field} ${JSON.stringify(value)}`),
    );
  }

  test('langchain-aws: profiles in Python', () => {
    const body = `_PROFILES: dict[str, dict[str, Any]] = {
    "us.xai.grok-4.7": {"max_output_tokens": 7, "temperature": True},
    "xai.grok-4.7": {
        "name": "Grok", "max_output_tokens": 64000, "audio_inputs": False,
        "reasoning_effort_levels": ["low",],
    },
    "amazon.nova-canvas-v1:0": {"text_outputs": False},
}`;
    expect(found('langchain', 'langchain_aws/data/_profiles.py', body)).toEqual([
      'xai.grok-4.7 maxOutputTokens 64000',
      'xai.grok-4.7 inputs.audio false',
      'xai.grok-4.7 reasoning.efforts ["low"]',
      'xai.grok-4.7 temperature.supported true',
      'xai.grok-4.7 inferenceProfilePrefixes ["us"]',
    ]);
  });

  test('litellm: an input window that is told apart, and successors', () => {
    const row = { litellm_provider: 'bedrock_converse', mode: 'chat', max_output_tokens: 20 };
    const body = {
      'us.openai.gpt-6-sol': { ...row, max_input_tokens: 80 },
      'xai.grok-4.7': { ...row, max_input_tokens: 100 },
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0': {
        ...row,
        successor_model: 'us.anthropic.claude-sonnet-5-5',
      },
      'zai.glm-4.7': { ...row, successor_model: 'acme.rocket-1' },
    };
    expect(found('litellm', LITELLM, JSON.stringify(body)).sort()).toEqual([
      'anthropic.claude-sonnet-4-5-20250929-v1:0 inferenceProfilePrefixes ["us"]',
      'anthropic.claude-sonnet-4-5-20250929-v1:0 maxOutputTokens 20',
      'anthropic.claude-sonnet-4-5-20250929-v1:0 successor "anthropic.claude-sonnet-5-5"',
      'openai.gpt-6-sol contextWindow 100',
      'openai.gpt-6-sol inferenceProfilePrefixes ["us"]',
      'openai.gpt-6-sol maxInputTokens 80',
      'openai.gpt-6-sol maxOutputTokens 20',
      'xai.grok-4.7 contextWindow 100',
      'xai.grok-4.7 maxOutputTokens 20',
      'zai.glm-4.7 maxOutputTokens 20',
    ]);
  });

  test('botocore: ranges of the shapes', () => {
    const shape = (facts) => ({ shape: facts });
    const model = {
      shapes: {
        InferenceConfiguration: {
          members: { maxTokens: shape('Tokens'), temperature: shape('Temperature') },
        },
        Tokens: { min: 1 },
        Temperature: { min: 0, max: 1 },
      },
    };
    const file = 'botocore/data/bedrock-runtime/2023-09-30/service-2.json.gz';
    expect(found('botocore', file, zlib.gzipSync(JSON.stringify(model)))).toEqual([
      'class:converse minMaxTokens 1',
      'class:sampling temperature.min 0',
      'class:sampling temperature.max 1',
    ]);
  });

  test('genai-prices: the provider aws in Python', () => {
    const provider = (id, models) => `    Provider(\n        id='${id}',\n${models}    ),\n`;
    const model = (id, context) =>
      `            ModelInfo(\n                id='${id}',\n                context_window=${context},\n            ),\n`;
    const body = [
      provider('anthropic', model('xai.grok-4.6', 1)),
      provider('aws', model('global.xai.grok-4.7', 5) + model('regional.xai.grok-4.7', 6)),
      provider('azure', model('xai.grok-4.6', 2)),
    ].join('');
    expect(found('genai-prices', 'genai_prices/data.py', body)).toEqual([
      'xai.grok-4.7 contextWindow 5',
      'xai.grok-4.7 inferenceProfilePrefixes ["global"]',
    ]);
  });

  test('the AI SDK: rules on the id', () => {
    const body = `
const current = defineRuntime({
	maxOutputTokens: 128e3
});
function defineRuntime(overrides) {
	return {
		maxOutputTokens: 4096,
		samplingParameters: true,
		thinkingCanBeDisabled: true,
		forcedToolUse: true,
		knownModel: true,
		...overrides
	};
}
const runtimeRules = [
	{
		matches: (modelId) => modelId.includes("claude-opus-5-5") || modelId.includes("claude-opus-9"),
		definition: defineRuntime({
			...current,
			samplingParameters: false,
			thinkingCanBeDisabled: false,
			forcedToolUse: false
		})
	},
	{
		matches: (modelId) => /claude-opus-4-6(?:-|$)/.test(modelId),
		definition: current
	},
	{
		matches: (modelId) => modelId.includes("claude-3"),
		definition: defineRuntime({ knownModel: false })
	}
];`;
    expect(found('ai-sdk', 'dist/internal/index.js', body)).toEqual([
      'anthropic.claude-opus-4-6-v1 maxOutputTokens 128000',
      'anthropic.claude-opus-4-6-v1 temperature.supported true',
      'anthropic.claude-opus-4-6-v1 topP.supported true',
      'anthropic.claude-opus-5-5 maxOutputTokens 128000',
      'anthropic.claude-opus-5-5 temperature.supported false',
      'anthropic.claude-opus-5-5 topP.supported false',
      'anthropic.claude-opus-5-5 topK.supported false',
      'anthropic.claude-opus-5-5 reasoning.canDisable false',
      'anthropic.claude-opus-5-5 tools.toolChoice ["auto"]',
    ]);
    const other = body.replace('modelId.includes("claude-3")', 'isOld(modelId)');
    expect(() => found('ai-sdk', 'dist/internal/index.js', other)).toThrow(
      'reader ai-sdk cannot read @ai-sdk/anthropic 9.9.9: a condition that the reader does not know: isOld(modelId); layout changed?',
    );
  });

  test('the AI SDK for Bedrock: a list of models without strict tools', () => {
    const body = 'var MODELS_WITHOUT_STRICT_TOOL_SUPPORT = [\n  "claude-opus-5-5"\n];';
    expect(found('ai-sdk-bedrock', 'dist/index.js', body)).toEqual([
      'anthropic.claude-opus-5-5 tools.strict false',
    ]);
  });

  test('models.dev: limits and modalities in JavaScript', () => {
    const body = `export const amazon_bedrockModels = { id: "amazon-bedrock", models: {
      "xai.grok-4.7": { id: "xai.grok-4.7", tool_call: true, limit: { output: 2e3 }, modalities: { input: ["text"], }, },
    } };`;
    expect(found('models-dev', 'dist/providers/amazon-bedrock.js', body)).toEqual([
      'xai.grok-4.7 maxOutputTokens 2000',
      'xai.grok-4.7 inputs.image false',
      'xai.grok-4.7 inputs.video false',
      'xai.grok-4.7 inputs.audio false',
      'xai.grok-4.7 tools.supported true',
    ]);
  });
});

/** A tar archive of one file. */
function tar(name, body) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('0', 156);
  const rest = Buffer.alloc(Math.ceil(body.length / 512) * 512);
  body.copy(rest);
  return zlib.gzipSync(Buffer.concat([header, rest, Buffer.alloc(1024)]));
}

/** A zip archive of one deflated file. */
function zip(name, body) {
  const packed = zlib.deflateRawSync(body);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const begin = [local, Buffer.from(name), packed];
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(
    begin.reduce((sum, part) => sum + part.length, 0),
    16,
  );
  return Buffer.concat([...begin, entry, Buffer.from(name), end]);
}

/** An environment in which only `files` are commands. */
function onlyCommands(files) {
  const PATH = fs.mkdtempSync(path.join(folder, 'bin-'));
  for (const [name, script] of Object.entries(files)) {
    fs.writeFileSync(path.join(PATH, name), script, { mode: 0o755 });
  }
  return { PATH };
}

// The stand-ins for npm and pip are shell scripts.
const onUnix = process.platform === 'win32' ? () => {} : describe;

onUnix('fetching', () => {
  const cache = () => path.join(folder, 'cache');

  test('asks npm for a package and keeps only what is read', () => {
    const archive = path.join(folder, 'made.tgz');
    const body = Buffer.from('exports.bedrockModels = ["amazon.nova-pro-v1:0"];');
    fs.writeFileSync(archive, tar('package/dist/index.js', body));
    const npm = `#!/bin/sh\n/bin/cp ${archive} "$6/librechat-data-provider-1.2.3.tgz"\n`;
    const librechat = reader('librechat');
    const got = fetch(librechat, { cache: cache(), env: onlyCommands({ npm }) });
    expect(got.version).toBe('1.2.3');
    expect(fs.readFileSync(path.join(got.folder, 'dist', 'index.js'))).toEqual(body);
    expect(cached(librechat, { cache: cache() })).toEqual(got);
  });

  test('asks pip for a wheel, by whatever name pip has', () => {
    const archive = path.join(folder, 'made.whl');
    fs.writeFileSync(archive, zip(LITELLM, Buffer.from('{}')));
    const copy = `/bin/cp ${archive} "$last/litellm-1.2.3-cp310-abi3-manylinux_2_28_x86_64.whl"`;
    const commands = {
      pip: '#!/bin/sh\necho "/usr/bin/python: No module named pip" >&2\nexit 1\n',
      pip3: `#!/bin/sh\nfor word; do last=$folder; folder=$word; done\n${copy}\n`,
    };
    const litellm = reader('litellm');
    const got = fetch(litellm, { cache: cache(), env: onlyCommands(commands) });
    expect(got.version).toBe('1.2.3');
    expect(readJson(path.join(got.folder, LITELLM))).toEqual({});
  });

  test('says what is missing where there is no npm or no pip', () => {
    const without = (name) => () => fetch(reader(name), { cache: cache(), env: onlyCommands({}) });
    expect(without('librechat')).toThrow('npm is not on the PATH');
    expect(without('litellm')).toThrow('pip is not on the PATH; install Python');
  });

  test('tells what the registry answered', () => {
    const npm = '#!/bin/sh\necho "npm error code E404" >&2\nexit 1\n';
    expect(() =>
      fetch(reader('roo'), { cache: cache(), version: '0.0.0', env: onlyCommands({ npm }) }),
    ).toThrow(/npm pack @roo-code\/types@0\.0\.0 .* failed:\n {2}npm error code E404/);
  });

  test('says so where nothing came', () => {
    expect(() =>
      fetch(reader('roo'), { cache: cache(), env: onlyCommands({ npm: '#!/bin/sh\n' }) }),
    ).toThrow('@roo-code/types: nothing was downloaded');
  });
});
