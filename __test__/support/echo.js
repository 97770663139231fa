'use strict';

/** A server that says what it is told: the text of a request comes back in every place of an answer. */

const http = require('node:http');
const { eventFrame, exceptionFrame } = require('../../local-bedrock/eventstream');

const HEAD = { 'x-amzn-requestid': 'request-1' };
const STREAM = { ...HEAD, 'content-type': 'application/vnd.amazon.eventstream' };

/** Pieces of a text, cut wherever that may be: between the halves of a pair too. */
function pieces(text, size) {
  const list = [];
  for (let at = 0; at < text.length; at += size) list.push(text.slice(at, at + size));
  return list;
}

function* streamed(text) {
  const delta = (index, more) => ({ contentBlockDelta: { delta: more, contentBlockIndex: index } });
  yield { messageStart: { role: 'assistant' } };
  for (const piece of pieces(text, 7)) yield delta(0, { text: piece });
  yield delta(1, { reasoningContent: { text } });
  yield delta(1, { reasoningContent: { signature: text } });
  yield {
    contentBlockStart: {
      start: { toolUse: { toolUseId: 't', name: text } },
      contentBlockIndex: 2,
    },
  };
  yield delta(2, { toolUse: { input: JSON.stringify({ text }) } });
  yield {
    messageStop: { stopReason: 'end_turn', additionalModelResponseFields: { [text]: text } },
  };
}

function answer(response, text, how) {
  if (how === 'error') {
    response.writeHead(400, { ...HEAD, 'x-amzn-errortype': 'ValidationException' });
    response.end(JSON.stringify({ message: text }));
  } else if (how === 'stream') {
    response.writeHead(200, STREAM);
    for (const event of streamed(text)) response.write(eventFrame(...Object.entries(event)[0]));
    response.end();
  } else if (how === 'exception') {
    response.writeHead(200, STREAM);
    response.write(eventFrame('messageStart', { role: 'assistant' }));
    response.end(exceptionFrame('modelStreamErrorException', { message: text }));
  } else {
    const toolUse = { toolUseId: 't', name: 'n', input: { [text]: [text] } };
    const message = { role: 'assistant', content: [{ text }, { toolUse }] };
    response.writeHead(200, { ...HEAD, 'content-type': 'application/json' });
    response.end(JSON.stringify({ output: { message }, stopReason: 'end_turn' }));
  }
}

/** Starts one; `received` are the texts that requests have brought. `requestMetadata.how` says how. */
async function startEcho() {
  const received = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { messages, requestMetadata } = JSON.parse(Buffer.concat(chunks));
    const { text } = messages[0].content[0];
    received.push(text);
    answer(response, text, requestMetadata?.how);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    received,
    url: `http://127.0.0.1:${server.address().port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIALOCALBEDROCK0000', secretAccessKey: 'unused' },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

module.exports = { startEcho };
