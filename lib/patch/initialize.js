'use strict';

// What route A changes in LibreChat's packages/api/src/endpoints/bedrock/initialize.ts: its parsers see
// the model behind a profile, and every call is made by this package's client. The places are found in
// the syntax tree; where one is not as it is known here, nothing is changed and the place is named.

const {
  OFFICIAL,
  PROFILE,
  UnknownCode,
  bottom,
  construction,
  mantle,
  need,
  one,
  onlyForProxy,
  places,
  sdkImport,
  spreadParameters,
  typeAt,
  yamlBranch,
} = require('./places.js');
const { Edits, all, declared, isName, treeOf, withLineFeeds } = require('./tree.js');

const PACKAGE = 'bedrock-profile-client';
const OURS = 'BedrockProfileClient';
const ALWAYS = 'nativeClient';
const FIND = 'findInferenceProfile';

const IMPORTS = [
  `import { ${OURS} } from '${PACKAGE}';`,
  `import { ${FIND}, loadInferenceProfiles } from '${PACKAGE}/librechat';`,
];

/** Whether a source has been patched, by this command or by hand. */
const isPatched = (tree) =>
  tree.body.some(({ type, source }) => type === 'ImportDeclaration' && isOurs(source.value));
const isOurs = (name) => name === PACKAGE || name.startsWith(`${PACKAGE}/`);

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
  const { statement, settings } = found;
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
