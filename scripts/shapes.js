#!/usr/bin/env node
// Makes core/src/bedrock/shapes.json, the wire's shapes, from AWS's published service model, and
// beside it what the tests make random inputs and answers from.
//
//   pip download --no-deps botocore && unzip botocore-*.whl 'botocore/data/bedrock-runtime/*'
//   node scripts/shapes.js botocore/data/bedrock-runtime/2023-09-30/service-2.json.gz "botocore 1.44.8"
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

/** The kinds of leaves: what of them crosses the wire in a way of its own. */
const LEAVES = {
  blob: 'blob',
  timestamp: 'timestamp',
  string: 'scalar',
  boolean: 'scalar',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bigdecimal: 'number',
  biginteger: 'number',
};
const ROOT = path.join(__dirname, '..');

/** The native operations, which core/src/operation.rs declares. */
const NATIVE = Array.from(
  fs
    .readFileSync(path.join(ROOT, 'core', 'src', 'operation.rs'), 'utf8')
    .matchAll(/^\s+name: "(\w+)",$/gm),
  ([, name]) => name,
);

function readModel(file) {
  const bytes = fs.readFileSync(file);
  return JSON.parse(file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes);
}

/** A shape's own name, or the name of its kind where it is a leaf. */
function target(model, name) {
  const shape = model.shapes[name];
  if (shape.document) return 'document';
  return LEAVES[shape.type] ?? name;
}

function convert(model, name) {
  const shape = model.shapes[name];
  if (shape.type === 'list') return { list: target(model, shape.member.shape) };
  if (shape.type === 'map') return { map: target(model, shape.value.shape) };
  const members = {};
  // As in the AWS SDK for JavaScript: what is required comes first.
  const required = new Set(shape.required);
  const entries = Object.entries(shape.members);
  const ordered = [
    ...entries.filter(([member]) => required.has(member)),
    ...entries.filter(([member]) => !required.has(member)),
  ];
  for (const [member, ref] of ordered) {
    if (ref.location) continue; // in the path, the query or a header
    members[ref.locationName ?? member] = target(model, ref.shape);
  }
  return { [shape.union ? 'union' : 'structure']: members };
}

/** Where members are that do not stand in a JSON body: in headers, or as the whole body. */
function bindings(shape) {
  const headers = Object.entries(shape.members)
    .filter(([, ref]) => ref.location === 'header')
    .map(([member, ref]) => [member, ref.locationName.toLowerCase()]);
  return {
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
    ...(shape.payload ? { payload: shape.payload } : {}),
  };
}

/** What an operation's answer is: JSON, the bytes of its payload, or the events of one. */
function answer(model, output) {
  const shape = model.shapes[output];
  if (!shape.payload) return { ...bindings(shape), shape: output };
  const payload = target(model, shape.members[shape.payload].shape);
  return { ...bindings(shape), shape: payload, ...(payload === 'blob' ? {} : { stream: true }) };
}

function main([file, source]) {
  if (!file || !source) {
    console.error('usage: node scripts/shapes.js <service-2.json[.gz]> "<source and version>"');
    process.exit(2);
  }
  const model = readModel(file);
  const operations = {};
  const shapes = {};
  const errors = {};
  const visit = (name) => {
    if (shapes[name] || name === 'document' || Object.values(LEAVES).includes(name)) return;
    const shape = (shapes[name] = convert(model, name));
    const next = shape.structure ?? shape.union ?? { item: shape.list ?? shape.map };
    Object.values(next).forEach(visit);
  };
  for (const name of NATIVE) {
    const { input, output, http } = model.operations[name];
    const request = model.shapes[input.shape];
    operations[name] = {
      method: http.method,
      path: http.requestUri,
      input: { ...bindings(request), shape: request.payload ? 'blob' : input.shape },
      output: answer(model, output.shape),
    };
    visit(operations[name].input.shape);
    visit(operations[name].output.shape);
  }
  for (const [name, shape] of Object.entries(model.shapes)) {
    if (!shape.exception) continue;
    errors[name] = {
      status: shape.error.httpStatusCode,
      fault: shape.error.senderFault ? 'client' : 'server',
      ...(shape.retryable ? { retryable: true } : {}),
    };
    visit(name);
  }
  const sorted = Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  const out = path.join(ROOT, 'core', 'src', 'bedrock', 'shapes.json');
  fs.writeFileSync(
    out,
    `${JSON.stringify({ source, operations, errors, shapes: sorted }, null, 1)}\n`,
  );
  console.log(`${out}: ${Object.keys(shapes).length} shapes, ${Object.keys(errors).length} errors`);
  writeFixture(model, source);
}

/** The part of the service model that the native operations reach, with what bounds its values. */
function writeFixture(model, source) {
  const operations = {};
  const shapes = {};
  const visit = ({ shape: name }) => {
    if (shapes[name]) return;
    const { documentation: _said, sensitive: _hidden, members, ...shape } = model.shapes[name];
    shapes[name] = shape;
    if (members) {
      shape.members = Object.fromEntries(
        Object.entries(members).map(([member, { documentation: _too, ...ref }]) => [member, ref]),
      );
    }
    [...Object.values(members ?? {}), shape.member, shape.value].filter(Boolean).forEach(visit);
  };
  for (const name of NATIVE) {
    const { http, input, output } = model.operations[name];
    operations[name] = { http, input, output };
    visit(input);
    visit(output);
  }
  const lines = Object.entries(shapes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => `  ${JSON.stringify(name)}: ${JSON.stringify(shape)}`);
  const out = path.join(ROOT, '__test__', 'fixtures', 'service-model.json');
  fs.mkdirSync(path.dirname(out), { recursive: true });
  fs.writeFileSync(
    out,
    `{"source": ${JSON.stringify(source)},\n` +
      `"license": "Apache-2.0, Copyright Amazon.com, Inc. or its affiliates",\n` +
      `"operations": ${JSON.stringify(operations)},\n` +
      `"shapes": {\n${lines.join(',\n')}\n}}\n`,
  );
  console.log(`${out}: ${lines.length} shapes`);
}

main(process.argv.slice(2));
