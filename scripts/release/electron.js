'use strict';

// A process of Electron's kind, as far as it goes without Electron: what its processes are called, what a
// page's globals replace, and that V8's memory cage refuses memory of the addon's own in a buffer
// (`napi_no_external_buffers_allowed`). Node's built-ins only.

const path = require('node:path');

const { outcome, project } = require('./consumers.js');
const { version } = require('./platforms.js');
const { must, temporary, write } = require('./run.js');

const ROLES = {
  'Electron’s main process': { role: 'browser', words: ['main.cjs'] },
  'its utility process': { role: 'utility', words: ['fork.cjs'] },
  'its renderer with Node.js': { role: 'renderer', words: ['main.cjs'] },
  ELECTRON_RUN_AS_NODE: { role: 'node', words: ['worker.cjs'] },
};

const REFUSED = 'external buffers are refused';

/** The addon looks Node-API's functions up by their names: two of them do what they do in Electron. */
const CAGE = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
#ifdef __x86_64__
#define SINCE "GLIBC_2.2.5"
#else
#define SINCE "GLIBC_2.17"
#endif
static int refused(void) { return 22; }
void *dlsym(void *handle, const char *name) {
  static void *(*real)(void *, const char *);
  if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", SINCE);
  if (strcmp(name, "napi_create_external_buffer") == 0 ||
      strcmp(name, "napi_create_external_arraybuffer") == 0) {
    if (write(2, "${REFUSED}\\n", ${REFUSED.length + 1}) < 0) return 0;
    return (void *)refused;
  }
  return real(handle, name);
}
`;

function cage() {
  const folder = temporary('cage');
  write(folder, { 'cage.c': CAGE });
  const library = path.join(folder, 'cage.so');
  must('cc', ['-shared', '-fPIC', '-o', library, path.join(folder, 'cage.c'), '-ldl']);
  return library;
}

/** @returns {Generator<{ name: string, where: object, work: () => void }>} */
function* electron({ registry, env }) {
  let made;
  let library;
  for (const [form, { role, words }] of Object.entries(ROLES)) {
    yield {
      name: `as ${form}`,
      where: { kind: 'electron', runtime: `Node.js ${process.versions.node}`, form },
      work: () => {
        if (made === undefined) {
          const fresh = project('npm', { registry: registry.url, version, env });
          fresh.install();
          made = fresh;
        }
        library ??= cage();
        const own = {
          ROLE: role,
          LD_PRELOAD: library,
          NODE_OPTIONS: `--require ${path.join(made.folder, 'electron.cjs')}`,
        };
        const ended = made.script(process.execPath, words, { env: own });
        const { ok, why } = outcome(ended);
        if (!ok) throw new Error(why);
        if (!ended.output.includes(REFUSED))
          throw new Error('the addon asked for no such function');
      },
    };
  }
}

module.exports = { electron };
