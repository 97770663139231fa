'use strict';

// What route A changes in LibreChat's packages/api/src/endpoints/bedrock/initialize.ts: its parsers see
// the model behind a profile, and every call is made by this package's client. The places are found in
// the syntax tree; where one is not as it is known here, nothing is changed and the place is named.

const {
  Edits,
  all,
  bare,
  calls,
  declared,
  isName,
  nodes,
  treeOf,
  withLineFeeds,
} = require('./tree.js');

const PACKAGE = 'bedrock-profile-client';
const SDK = '@aws-sdk/client-bedrock-runtime';
const OFFICIAL = 'BedrockRuntimeClient';
const OURS = 'BedrockProfileClient';
const PROFILE = 'inferenceProfile';
const ALWAYS = 'nativeClient';
const FIND = 'findInferenceProfile';

const IMPORTS = [
  `import { ${OURS} } from '${PACKAGE}';`,
  `import { ${FIND}, loadInferenceProfiles } from '${PACKAGE}/librechat';`,
];

/** A place that is not as it is known here: what was looked for, and the line that is nearest to it. */
class UnknownCode extends Error {
  name = 'UnknownCode';

  constructor(sought, node) {
    super(node ? `line ${node.loc.start.line}: ${sought}` : sought);
  }
}

const need = (found, sought, near) => {
  if (!found) throw new UnknownCode(sought, near);
  return found;
};

/** The only one of some nodes. */
function one(found, sought, near) {
  if (found.length > 1) throw new UnknownCode(`${sought} (found ${found.length} times)`, found[1]);
  return need(found[0], sought, near);
}

/** Whether a source has been patched, by this command or by hand. */
const isPatched = (tree) =>
  tree.body.some(({ type, source }) => type === 'ImportDeclaration' && isOurs(source.value));
const isOurs = (name) => name === PACKAGE || name.startsWith(`${PACKAGE}/`);

/** The places that are common to a source as LibreChat has it and to a patched one. */
function places(tree) {
  const initialize = one(
    all(tree, 'FunctionDeclaration', ({ id }) => isName(id, 'initializeBedrock')),
    'a function initializeBedrock',
  );
  const { body } = initialize.body;
  const makesSettings = ({ type, declarations }) =>
    type === 'VariableDeclaration' && calls(bare(declarations[0].init), 'bedrockOutputParser');
  const statement = one(
    body.filter(makesSettings),
    'a statement `const … = bedrockOutputParser(bedrockInputParser.parse(…))` in initializeBedrock',
    initialize,
  );
  const [{ id, init }] = statement.declarations;
  const parse = need(
    bare(bare(init).arguments[0]),
    'bedrockOutputParser(…) is called with bedrockInputParser.parse(…)',
    statement,
  );
  const isParse =
    parse.type === 'CallExpression' &&
    isName(parse.callee.object, 'bedrockInputParser') &&
    isName(parse.callee.property, 'parse');
  need(isParse, 'bedrockOutputParser(…) is called with bedrockInputParser.parse(…)', statement);
  let [parameters] = parse.arguments;
  if (calls(parameters, 'removeNullishValues')) [parameters] = parameters.arguments;
  need(
    parameters?.type === 'ObjectExpression',
    'what is parsed is an object with the request’s parameters',
    parse,
  );
  return { body, statement, settings: id.name, parameters, initialize };
}

/** The parameters of the request, as they are spread into what is parsed: `...(model_parameters ?? {})`. */
function spreadParameters({ parameters }) {
  const spreads = parameters.properties.filter(({ type }) => type === 'SpreadElement');
  const last = need(
    spreads.at(-1),
    'the request’s parameters are spread into what is parsed',
    parameters,
  );
  const { argument } = last;
  const given = argument.type === 'LogicalExpression' ? argument.left : argument;
  need(bare(given).type === 'Identifier', 'the request’s parameters have a name', last);
  need(
    last === parameters.properties.at(-1),
    'nothing stands behind the request’s parameters',
    last,
  );
  return { spread: last, name: bare(given).name };
}

/** The `if` that names the ARN of librechat.yaml, and what it reads. */
function yamlBranch({ body, statement }) {
  const reads = (node) => isName(node.property, 'inferenceProfiles');
  const found = body
    .filter(({ type, start }) => type === 'IfStatement' && start > statement.start)
    .map((branch) => ({ branch, read: findMember(bottom(branch).test, reads) }))
    .filter(({ read }) => read);
  return one(
    found,
    'an `if` that reads inferenceProfiles, behind what the parsers have made',
    statement,
  );
}

/** An `if`, or the `else if` that route A has put before it. */
const bottom = (branch) =>
  isName(branch.test, PROFILE) && branch.alternate?.type === 'IfStatement'
    ? branch.alternate
    : branch;

function findMember(root, holds) {
  for (const [node] of nodes(root)) {
    if (/^(Optional)?MemberExpression$/.test(node.type) && holds(node)) return node;
  }
  return undefined;
}

/** `new NAME(…)`, and the `if` of the function's body that it stands in. */
function construction({ body, initialize }, name) {
  const made = one(
    all(initialize, 'NewExpression', ({ callee }) => isName(callee, name)),
    `one \`new ${name}(…)\` in initializeBedrock`,
    initialize,
  );
  const holds = ({ start, end }) => start <= made.start && made.end <= end;
  const branch = need(
    body.find((node) => node.type === 'IfStatement' && holds(node) && holds(node.consequent)),
    `\`new ${name}(…)\` stands within an \`if\` of initializeBedrock`,
    made,
  );
  const [config] = made.arguments;
  need(made.arguments.length === 1 && config, `\`new ${name}(…)\` has one argument`, made);
  return { made, branch, config };
}

/**
 * Where the only condition is a proxy, its agent is made without asking again: LibreChat before 0.8.6.
 */
function onlyForProxy({ branch, config }, test) {
  if (test.type !== 'Identifier') return undefined;
  const sought = `what needs ${test.name} within this \`if\` is an agent and a requestHandler made of it`;
  const uses = all(branch.consequent, 'Identifier', ({ name }) => name === test.name);
  const declarations = all(branch.consequent, 'VariableDeclarator', ({ init }) =>
    [init, init?.consequent].some(
      (made) => made?.type === 'NewExpression' && isName(made.arguments[0], test.name),
    ),
  );
  const agent = one(declarations, sought, branch);
  const handlers = all(config, 'ObjectProperty', ({ key }) => isName(key, 'requestHandler'));
  const handler = one(handlers, sought, branch);
  return { agent, handler, uses: uses.length, sought };
}

/** What sends OpenAI's models to another endpoint by their name, in LibreChats that have it. */
function mantle({ body, statement }) {
  const asks = (node) => calls(node, 'isBedrockMantleModel');
  const branch = body.find(
    ({ type, test, start }) => type === 'IfStatement' && start < statement.start && asks(test),
  );
  if (!branch) return undefined;
  const sought = 'the `if` for models of bedrock-mantle passes model_parameters on';
  const property = one(
    all(branch.consequent, 'ObjectProperty', ({ key }) => isName(key, 'model_parameters')),
    sought,
    branch,
  );
  return { branch, asked: need(branch.test.arguments[0], sought, branch), property };
}

/** The import of the SDK's client. */
function sdkImport(tree, kind) {
  const specifies = ({ imported }) => isName(imported, OFFICIAL);
  const found = tree.body.filter(
    ({ type, source, specifiers, importKind }) =>
      type === 'ImportDeclaration' &&
      source.value === SDK &&
      specifiers.some(
        (specifier) =>
          specifies(specifier) && kind === (importKind === 'type' ? 'type' : specifier.importKind),
      ),
  );
  const statement = one(found, `one import of ${OFFICIAL} from '${SDK}'`);
  return { statement, specifier: statement.specifiers.find(specifies) };
}

/** Where `type` stands, or is to stand, so that only the type is imported. */
const typeAt = ({ statement, specifier }) =>
  statement.specifiers.length === 1 ? statement.start + 'import '.length : specifier.start;

/**
 * Patches a source.
 *
 * @param {{ parse: Function }} parser `@babel/parser`
 * @param {string} source
 */
const patch = (parser, source) => withLineFeeds(source, (text) => patchText(parser, text));

function patchText(parser, source) {
  const tree = treeOf(parser, source);
  const edits = new Edits(source);
  const found = places(tree);
  const { statement, settings, parameters } = found;
  const { spread, name } = spreadParameters(found);
  const { branch: yaml, read } = yamlBranch(found);
  const client = construction(found, OFFICIAL);
  const other = mantle(found);
  const official = sdkImport(tree, 'value');
  for (const taken of [PROFILE, ALWAYS, OURS, FIND]) {
    const [used] = all(tree, 'Identifier', (node) => node.name === taken);
    if (used) throw new UnknownCode(`the name ${taken} is free`, used);
  }

  edits.put(official.statement.start, `${IMPORTS.join('\n')}\n`);
  edits.put(typeAt(official), 'type ');

  const first = other?.branch ?? statement;
  const indent = edits.indentOf(first);
  const known = found.body.filter(({ start }) => start < first.start);
  const names = known
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap(({ declarations }) => declarations.flatMap(({ id }) => declared(id)));
  const options = [
    `inferenceProfiles: ${edits.text(read)},`,
    ...['credentials', 'bearerToken']
      .filter((each) => names.includes(each))
      .map((each) => `${each},`),
  ];
  const lines = [
    `const ${PROFILE} = await ${FIND}(${name}?.model as string | undefined, {`,
    ...options.map((option) => `  ${option}`),
    '});',
  ];
  edits.put(first.start, lines.map((line) => `${line}\n${indent}`).join(''));

  if (other) {
    edits.put(other.asked.start, `${PROFILE}?.model ?? `);
    const given = edits.text(other.property.value);
    const inner = `${edits.indentOf(other.property)}  `;
    const spreads = [`...(${given}),`, ...modelAndRegion()].map((line) => `${inner}${line}\n`);
    edits.replace(other.property.value, `{\n${spreads.join('')}${edits.indentOf(other.property)}}`);
  }

  const inner = edits.indentOf(spread);
  const comma = source[spread.end] === ',' ? spread.end + 1 : spread.end;
  const added = modelAndRegion().map((line) => `\n${inner}${line}`);
  edits.put(comma, `${comma === spread.end ? ',' : ''}${added.join('')}`);
  need(spread.end <= parameters.end, 'the request’s parameters are spread', spread);

  const at = edits.indentOf(yaml);
  const { branch, made, config } = client;
  edits.put(
    yaml.start,
    `if (${PROFILE}) {\n${at}  ${settings}.model = ${PROFILE}.alias;\n${at}} else `,
  );

  edits.put(branch.start, `const ${ALWAYS} = true;\n${edits.indentOf(branch)}`);
  edits.put(branch.test.start, `${ALWAYS} || `);
  const proxy = onlyForProxy(client, branch.test);
  if (proxy) {
    const { agent, handler, uses, sought } = proxy;
    need(uses === 1, sought, branch);
    edits.replace(agent.init, `${branch.test.name} ? ${edits.text(agent.init)} : undefined`);
    edits.put(handler.start, `...(${agent.id.name} && { `);
    edits.put(handler.end, ' })');
  }

  edits.replace(made.callee, OURS);
  const own = edits.indentOf(made);
  if (config.type === 'ObjectExpression') {
    edits.put(config.end - 1, `  mappings: loadInferenceProfiles(),\n${own}`);
  } else {
    edits.put(config.start, `{\n${own}  ...`);
    edits.put(config.end, `,\n${own}  mappings: loadInferenceProfiles(),\n${own}}`);
  }
  return edits.apply();
}

const modelAndRegion = () => [
  `...(${PROFILE} && { model: ${PROFILE}.model }),`,
  `...(${PROFILE}?.region && { region: ${PROFILE}.region }),`,
];

/**
 * Takes a patch back.
 *
 * @param {{ parse: Function }} parser
 * @param {string} source
 */
const unpatch = (parser, source) => withLineFeeds(source, (text) => unpatchText(parser, text));

function unpatchText(parser, source) {
  const tree = treeOf(parser, source);
  const edits = new Edits(source);
  const found = places(tree);
  const { body, parameters, statement } = found;
  const client = construction(found, OURS);
  const other = mantle(found);
  const official = sdkImport(tree, 'type');

  for (const node of tree.body) {
    if (node.type === 'ImportDeclaration' && isOurs(node.source.value)) edits.removeLines(node);
  }
  const type = typeAt(official);
  edits.replace({ start: type, end: type + 'type '.length }, '');

  const declares = (name) => (node) =>
    node.type === 'VariableDeclaration' && isName(node.declarations[0].id, name);
  const sought = (what) => `${what}, as the patch has put it there`;
  edits.removeLines(one(body.filter(declares(PROFILE)), sought(`const ${PROFILE}`), statement));
  edits.removeLines(one(body.filter(declares(ALWAYS)), sought(`const ${ALWAYS}`), statement));

  const ours = ({ type: is, argument }) =>
    is === 'SpreadElement' &&
    all(argument, 'Identifier', ({ name }) => name === PROFILE).length > 0;
  for (const property of parameters.properties.filter(ours)) edits.removeLines(property);

  if (other) {
    const { asked, property } = other;
    need(asked.type === 'LogicalExpression', sought('the model of the profile'), other.branch);
    edits.replace({ start: asked.start, end: asked.right.start }, '');
    const [given] = property.value.properties ?? [];
    need(given?.type === 'SpreadElement', sought('the parameters for bedrock-mantle'), property);
    edits.replace(property.value, edits.text(given.argument));
  }

  const { branch: yaml } = yamlBranch(found);
  need(bottom(yaml) !== yaml, sought(`if (${PROFILE})`), yaml);
  edits.replace({ start: yaml.start, end: yaml.alternate.start }, '');

  const { branch, made, config } = client;
  const { test } = branch;
  need(test.type === 'LogicalExpression', sought(`the condition ${ALWAYS}`), branch);
  const leftmost = leftOf(test);
  need(isName(leftmost, ALWAYS), sought(`the condition ${ALWAYS}`), branch);
  edits.replace({ start: leftmost.start, end: leftmost.end + ' || '.length }, '');
  if (isName(test.left, ALWAYS) && isName(test.right)) {
    const { agent } = onlyForProxy(client, test.right);
    edits.replace(agent.init, edits.text(agent.init.consequent));
    const spread = one(
      config.properties.filter(
        ({ type: is, argument }) =>
          is === 'SpreadElement' &&
          isName(argument.left, agent.id.name) &&
          argument.right.type === 'ObjectExpression',
      ),
      sought('the requestHandler for a proxy'),
      made,
    );
    edits.replace(spread, edits.text(spread.argument.right.properties[0]));
  }

  edits.replace(made.callee, OFFICIAL);
  const mappings = need(
    config.properties?.find(({ key }) => isName(key, 'mappings')),
    sought('mappings'),
    made,
  );
  const [only] = config.properties;
  if (config.properties.length === 2 && only.type === 'SpreadElement') {
    edits.replace(config, edits.text(only.argument));
  } else edits.removeLines(mappings);
  return edits.apply();
}

const leftOf = (node) => (node.type === 'LogicalExpression' ? leftOf(node.left) : node);

/**
 * @param {{ parse: Function }} parser
 * @param {string} source
 */
const patched = (parser, source) => isPatched(treeOf(parser, source));

module.exports = { UnknownCode, patch, unpatch, patched };
