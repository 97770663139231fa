'use strict';

// The places of LibreChat's initialize.ts that route A changes, in its code or in a patched one.

const { all, bare, calls, isName, nodes } = require('./tree.js');

const SDK = '@aws-sdk/client-bedrock-runtime';
const OFFICIAL = 'BedrockRuntimeClient';
/** The variable that the patch puts the profile into. */
const PROFILE = 'inferenceProfile';

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

module.exports = {
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
};
