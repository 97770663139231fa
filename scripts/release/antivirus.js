'use strict';

// A virus scanner that holds the binary, as those of Linux do it: the kernel asks it before a file is
// opened (fanotify). Node's built-ins only.

const path = require('node:path');

const { outcome } = require('./consumers.js');
const { asRoot, must, start, temporary, write } = require('./run.js');

/** Refuses every opening of the file that it is given. */
const GUARD = `#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int count, char **words) {
  if (count != 2) return 2;
  int guard = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
  if (guard < 0 || fanotify_mark(guard, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, words[1]) < 0) {
    fprintf(stderr, "fanotify: %s\\n", strerror(errno));
    return 1;
  }
  puts("guarding");
  fflush(stdout);
  struct fanotify_event_metadata event;
  while (read(guard, &event, sizeof event) == sizeof event) {
    struct fanotify_response no = {.fd = event.fd, .response = FAN_DENY};
    if (write(guard, &no, sizeof no) < 0) return 1;
    close(event.fd);
  }
  return 0;
}
`;

/** While `work` runs, nobody can open the file. */
async function guarded(file, work) {
  const folder = temporary('guard');
  write(folder, { 'guard.c': GUARD });
  const program = path.join(folder, 'guard');
  must('cc', ['-o', program, path.join(folder, 'guard.c')]);
  const [command, ...words] = [...asRoot(), program, file];
  const guard = await start(command, words, /guarding/);
  try {
    work();
  } finally {
    await guard.stop();
  }
}

/**
 * @param {{ binaryOf: (made: object) => string, told: (made: object) => string, expect: Function }} of
 * @returns {[string, (make: (name: string) => object) => Promise<void>]}
 */
const antivirus = ({ binaryOf, told, expect }) => [
  'an antivirus that holds the file',
  async (make) => {
    const made = make('npm');
    made.install();
    await guarded(binaryOf(made), () => {
      expect(told(made), /A program that examines files, such as an antivirus, holds it/);
    });
    // What it says helps is to try again.
    const { ok, why } = outcome(made.script(process.execPath, ['main.cjs']));
    if (!ok) throw new Error(why);
  },
];

module.exports = { antivirus };
