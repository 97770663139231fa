'use strict';

// The main job of this package, against the local stand-in: resolve an application inference profile
// by the control plane, fit a request to the model behind it, call Converse and ConverseStream, abort.
// Prints one line of JSON. Nothing here ends the process: it must end by itself.

const ARN = process.env.JOB_PROFILE;

function check(holds, what) {
  if (!holds) throw new Error(`the job: ${what}`);
}

const input = (more) => ({
  modelId: ARN,
  messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
  ...more,
});

async function job(BedrockProfileClient) {
  const client = new BedrockProfileClient({
    region: 'us-east-1',
    endpoint: process.env.JOB_ENDPOINT,
    // What an earlier process was told is not taken: each asks the control plane.
    store: false,
    credentials: {
      accessKeyId: process.env.JOB_KEY,
      secretAccessKey: process.env.JOB_SECRET,
    },
  });
  const resolved = await client.resolve(ARN);
  check(resolved.model === process.env.JOB_MODEL, `${ARN} is ${resolved.model}`);
  // What AWS said is known to the whole process: one of several threads asks.
  check(['aws', 'cache'].includes(resolved.source), `resolved by ${resolved.source}`);

  const tooMuch = input({ inferenceConfig: { maxTokens: 100, temperature: 0.7, topP: 0.9 } });
  const response = await client.converse(tooMuch);
  const { changes } = response.$metadata.profile;
  check(changes.length > 0, 'the gate changed nothing');
  check(response.output.message.content[0].text.length > 0, 'Converse brought no text');

  let text = '';
  for await (const event of (await client.converseStream(input())).stream) {
    text += event.contentBlockDelta?.delta.text ?? '';
  }
  check(text.length > 0, 'ConverseStream brought no text');

  const controller = new AbortController();
  let name = 'none';
  let events = 0;
  try {
    const { stream } = await client.converseStream(input(), { abortSignal: controller.signal });
    for await (const event of stream) {
      events += event === undefined ? 0 : 1;
      controller.abort();
    }
  } catch (error) {
    name = error.name;
  }
  check(name === 'AbortError' && events > 0, `after an abort: ${name}, ${events} events`);
  client.destroy();
  return { model: resolved.model, changes: changes.map(({ rule }) => rule), text: text.length };
}

/** What still keeps the process: nothing, when all has been closed. */
async function openHandles() {
  const list = () =>
    (process.getActiveResourcesInfo?.() ?? []).filter(
      (kind) => !/^(TTYWrap|PipeWrap|FSReqPromise|Immediate|CloseReq|MessagePort)$/.test(kind),
    );
  for (let turns = 0; turns < 200 && list().length > 0; turns += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return list();
}

/** Does it with one client, or with several at once. */
async function main(...clients) {
  try {
    const all = await Promise.all(clients.map(job));
    const open = await openHandles();
    check(open.length === 0, `still open: ${open}`);
    for (const done of all) {
      process.stdout.write(`${JSON.stringify({ ...done, node: process.versions.node })}\n`);
    }
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${error.stack}\n`);
  }
}

module.exports = { main };
