'use strict';

// LibreChat's server with several workers (backend:experimental), each of which prints the settings of
// its first chat once it knows what is behind the model. `MANNER`: how the primary gets at `cluster`.

const cluster = process.env.QUIET ? process.getBuiltinModule('node:cluster') : require('cluster');

if (cluster.isPrimary) {
  // Its own code loads LibreChat's packages as well.
  if (process.env.LOADS) require('librechat-data-provider');
  const settings = [];
  const workers = Number(process.env.WORKERS);
  for (let at = 0; at < workers; at += 1) cluster.fork({ AT: String(at) });
  cluster.on('exit', (worker, code) => {
    if (code === 9) cluster.fork({ AT: 'again' });
  });
  cluster.on('message', (worker, message) => {
    if (message.settings === undefined) return;
    settings.push(message.settings);
    if (settings.length < workers) return;
    process.stdout.write(JSON.stringify(settings));
    cluster.disconnect();
  });
} else {
  const { bedrockInputParser, bedrockOutputParser } = require('librechat-data-provider');
  // One that dies while it asks for all.
  if (process.env.DIES && process.env.AT === '0') {
    process.on('message', () => process.exit(9));
  }
  const { resolveInferenceProfile } = require('../../../lib/librechat.js');
  const { MODEL: model } = process.env;
  const timer = setInterval(() => {
    if (resolveInferenceProfile(model) === undefined) return;
    clearInterval(timer);
    process.send({ settings: bedrockOutputParser(bedrockInputParser.parse({ model })) });
  }, 5);
}
