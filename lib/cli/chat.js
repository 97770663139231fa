'use strict';

// `chat`: a conversation in the terminal, with thinking and usage.

const readline = require('node:readline');

const { Misuse, wholeNumber, withClient, withClientOf } = require('./common.js');
const { printable, styles } = require('./terminal.js');

/** What asks a model to think: a budget of tokens, or an effort. It is fitted to the model. */
function thinkingOf(value) {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) {
    return { thinking: { type: 'enabled', budget_tokens: Number(value) } };
  }
  if (/^[a-z]+$/.test(value)) {
    return { thinking: { type: 'adaptive' }, output_config: { effort: value } };
  }
  throw new Misuse(
    `--thinking must be a number of tokens or an effort such as "high", not "${value}"`,
  );
}

/** The blocks of a response, gathered from its events: the next request takes them back. */
class Blocks {
  #blocks = [];

  add({ contentBlockIndex: at, delta }) {
    if (delta.text !== undefined) {
      this.#blocks[at] = { text: (this.#blocks[at]?.text ?? '') + delta.text };
      return;
    }
    const { text, signature, redactedContent } = delta.reasoningContent ?? {};
    if (redactedContent !== undefined) {
      this.#blocks[at] = { reasoningContent: { redactedContent } };
      return;
    }
    if (text === undefined && signature === undefined) return;
    const before = this.#blocks[at]?.reasoningContent?.reasoningText ?? { text: '' };
    this.#blocks[at] = {
      reasoningContent: {
        reasoningText: {
          text: before.text + (text ?? ''),
          ...((signature ?? before.signature) && { signature: signature ?? before.signature }),
        },
      },
    };
  }

  content() {
    return this.#blocks.filter((block) => block !== undefined && block.text !== '');
  }
}

function usageOf(usage = {}, seconds) {
  const parts = [
    `${usage.inputTokens ?? '?'} tokens in`,
    usage.cacheReadInputTokens > 0 && `${usage.cacheReadInputTokens} read from the cache`,
    usage.cacheWriteInputTokens > 0 && `${usage.cacheWriteInputTokens} written to the cache`,
    `${usage.outputTokens ?? '?'} out`,
    `${seconds.toFixed(1)} s`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** One turn; what was said joins the conversation only once its answer is there. */
async function turn(client, input, io, abortSignal) {
  const style = styles(io.stdout);
  const started = performance.now();
  const { stream, $metadata } = await client.converseStream(input, { abortSignal });
  const blocks = new Blocks();
  let thinks = false;
  let usage;
  let stopReason;
  for await (const event of stream) {
    if (event.contentBlockDelta) {
      blocks.add(event.contentBlockDelta);
      const { text, reasoningContent } = event.contentBlockDelta.delta;
      if (reasoningContent?.text) {
        thinks = true;
        io.stdout.write(style.dim(printable(reasoningContent.text)));
      } else if (text) {
        if (thinks) io.stdout.write('\n\n');
        thinks = false;
        io.stdout.write(printable(text));
      }
    }
    if (event.messageStop) stopReason = event.messageStop.stopReason;
    if (event.metadata) usage = event.metadata.usage;
  }
  const seconds = (performance.now() - started) / 1000;
  const changed = $metadata.profile.changes.map(({ rule, path }) => `${rule} ${path}`);
  const ended = stopReason === 'end_turn' ? '' : `, ended with ${stopReason}`;
  io.stdout.write(`\n${style.dim(`[${usageOf(usage, seconds)}${ended}]`)}\n`);
  if (changed.length > 0) io.stdout.write(`${style.dim(`[changed: ${changed.join(', ')}]`)}\n`);
  return blocks.content();
}

async function talk(client, id, values, io) {
  const style = styles(io.stdout);
  const input = io.stdin ?? process.stdin;
  const lines = readline.createInterface({
    input,
    ...(input.isTTY && { output: io.stdout, prompt: style.cyan('> ') }),
  });
  const additional = thinkingOf(values.thinking);
  const messages = [];
  let failed = false;
  let running;
  // A pipe that has ended closes the interface while its lines are still being answered, and from
  // then on Node.js 24 refuses to prompt.
  let open = true;
  lines.once('close', () => {
    open = false;
  });
  const prompt = () => {
    if (open) lines.prompt();
  };
  const quit = () => lines.close();
  io.signal?.addEventListener('abort', quit);
  // Ctrl-C ends the answer first, and the chat where nothing is being answered.
  lines.on('SIGINT', () => (running ? running.abort() : lines.close()));
  prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '/quit') break;
    if (text !== '') {
      const said = { role: 'user', content: [{ text }] };
      running = new AbortController();
      try {
        const content = await turn(
          client,
          {
            modelId: id,
            messages: [...messages, said],
            ...(values.system && { system: [{ text: values.system }] }),
            inferenceConfig: { maxTokens: values.maxTokens },
            ...(additional && { additionalModelRequestFields: additional }),
          },
          io,
          running.signal,
        );
        if (content.length > 0) messages.push(said, { role: 'assistant', content });
        failed = false;
      } catch (error) {
        failed = true;
        if (io.signal?.aborted) break;
        io.stderr.write(`${printable(`${error.name}: ${error.message}`)}\n`);
        if (error.hint) io.stderr.write(`${printable(error.hint)}\n`);
      }
      running = undefined;
    }
    prompt();
  }
  lines.close();
  io.signal?.removeEventListener('abort', quit);
  return failed ? 1 : 0;
}

function define(program, io) {
  withClient(program.command('chat <id>'))
    .description('talk to the model behind an id, with its thinking and the tokens used')
    .option('--thinking <budget|effort>', 'think: a budget in tokens, or an effort such as high')
    .option('--system <text>', 'the system prompt')
    .option('--max-tokens <n>', 'the longest answer, in tokens', wholeNumber('max-tokens', 1), 4096)
    .addHelpText(
      'after',
      `
Ctrl-C ends an answer, /quit or Ctrl-D the chat. A question may also come through a pipe.

Examples:
  $ bedrock-profile-client chat us.anthropic.claude-sonnet-4-6 --thinking high
  $ echo 'Why is the sky blue?' | bedrock-profile-client chat amazon.nova-lite-v1:0`,
    )
    .action(
      io.ending((id, values) => {
        thinkingOf(values.thinking);
        return withClientOf(values, io, (client) => talk(client, id, values, io));
      }),
    );
}

module.exports = { Blocks, define };
