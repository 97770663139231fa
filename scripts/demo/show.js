'use strict';

/** One scene of the demo: what is asked, what becomes of it, the answer. Needs only a client. */

const { Flow } = require('./terminal');

const ACTIONS = { drop: 'red', clamp: 'yellow', rewrite: 'yellow', move: 'cyan', add: 'green' };

function inline(value) {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The parameters of a request, one after another. */
function parametersOf(input) {
  const entries = [
    ...Object.entries(input.inferenceConfig ?? {}),
    ...Object.entries(input.additionalModelRequestFields ?? {}),
  ];
  return entries.map(([name, value]) => `${name} ${inline(value)}`).join(' · ') || 'none';
}

const promptOf = (input) =>
  input.messages
    .at(-1)
    .content.map(({ text }) => text ?? '')
    .join(' ');

function fromTo({ from, to }) {
  if (to === undefined) return inline(from);
  return from === undefined ? inline(to) : `${inline(from)} → ${inline(to)}`;
}

const seconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

function showRequest(terminal, input) {
  terminal.field('You ask', promptOf(input), 'bold');
  terminal.field('modelId', input.modelId);
  terminal.field('Parameters', parametersOf(input));
}

function showError(terminal, error) {
  const status = error.$metadata?.httpStatusCode;
  terminal.field('', `✗ ${status ? `${status} ` : ''}${error.name}: ${error.message}`, 'red');
  if (error.hint) terminal.field('', `  ${error.hint}`, 'yellow');
}

function showResolution(terminal, resolved, ms) {
  terminal.field('Resolved', resolved.model ?? 'unknown: nothing is gated', 'green');
  const called = resolved.callId === resolved.requestedId ? '' : `, called as ${resolved.callId}`;
  terminal.field(
    '',
    `in ${resolved.region}, known from ${resolved.source}, ${seconds(ms)}${called}`,
  );
}

function showChanges(terminal, changes) {
  terminal.line();
  if (changes.length === 0) {
    terminal.field('Gated', 'nothing: the model takes the request as it stands', 'green');
    return;
  }
  terminal.field(
    'Gated',
    `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}, so that the model takes it`,
  );
  terminal.table(
    ['rule', 'action', 'path', 'from → to'],
    changes.map((change) => ({
      cells: [change.rule, change.action, change.path, fromTo(change)],
      note: change.reason,
      style: (cell, at) =>
        at === 1 ? terminal.style(ACTIONS[change.action] ?? 'bold', cell) : cell,
    })),
  );
}

/** Prints an answer while it comes; returns what is to be said about it. */
async function showAnswer(terminal, open, now) {
  const started = now();
  const { stream } = await open();
  const facts = {};
  let flow;
  let kind;
  const turn = (next, style) => {
    if (kind === next) return;
    flow?.end();
    kind = next;
    terminal.line(terminal.style('dim', next === 'thinking' ? 'Thinking' : 'Answer'));
    flow = new Flow(terminal, style);
  };
  for await (const event of stream) {
    const delta = event.contentBlockDelta?.delta;
    const thought = delta?.reasoningContent?.text;
    if (thought || delta?.text) facts.first ??= now() - started;
    if (thought) {
      turn('thinking', 'dim');
      flow.write(thought);
    } else if (delta?.text) {
      turn('answer');
      flow.write(delta.text);
    }
    if (event.messageStop) facts.stopReason = event.messageStop.stopReason;
    if (event.metadata) facts.usage = event.metadata.usage;
  }
  flow?.end();
  facts.whole = now() - started;
  return facts;
}

function showFacts(terminal, { first, whole, usage = {}, stopReason }) {
  terminal.line();
  const tokens = [
    `${usage.inputTokens ?? '?'} in`,
    `${usage.outputTokens ?? '?'} out`,
    usage.cacheReadInputTokens ? `${usage.cacheReadInputTokens} from the cache` : '',
    usage.cacheWriteInputTokens ? `${usage.cacheWriteInputTokens} to the cache` : '',
  ];
  terminal.field(
    'Tokens',
    `${tokens.filter(Boolean).join(' · ')} · stopped by ${stopReason ?? 'nothing'}`,
  );
  const rate =
    usage.outputTokens && whole > 0
      ? ` · ${Math.round((usage.outputTokens * 1000) / whole)} tokens/s`
      : '';
  terminal.field(
    'Time',
    `first token ${first === undefined ? 'none' : seconds(first)} · whole answer ${seconds(whole)}${rate}`,
  );
}

/**
 * Plays a scene.
 *
 * @param {{ title: string, input: object, note?: string }} scene
 * @param {{ client: object, ungated?: object, terminal: import('./terminal').Terminal,
 *   signal?: AbortSignal, now?: () => number }} stage `ungated`: a client that shows what Bedrock
 *   says to the request as it stands
 */
async function play(scene, { client, ungated, terminal, signal, now = () => performance.now() }) {
  terminal.heading(scene.title);
  showRequest(terminal, scene.input);
  if (scene.note) terminal.field('', scene.note, 'dim');
  if (ungated) {
    terminal.line();
    terminal.field('Ungated', 'Bedrock answers to this request as it stands:');
    await ungated.converse(scene.input, { abortSignal: signal }).then(
      () => terminal.field('', '✓ accepted', 'green'),
      (error) => showError(terminal, error),
    );
  }
  terminal.line();
  const started = now();
  const { resolved, changes } = await client.explain(scene.input);
  showResolution(terminal, resolved, now() - started);
  showChanges(terminal, changes);
  terminal.line();
  const facts = await showAnswer(
    terminal,
    () => client.converseStream(scene.input, { abortSignal: signal }),
    now,
  );
  showFacts(terminal, facts);
  return facts;
}

module.exports = { play, showError };
