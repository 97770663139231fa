'use strict';

/**
 * Loads the addon, and says what to do where it is missing.
 *
 * npm installs the binary as an optional package of its own for each platform, and leaves it out
 * without a word where a lock file was made on another platform (https://github.com/npm/cli/issues/4828).
 */
function load() {
  try {
    return require('../native.js');
  } catch (cause) {
    const { platform, arch } = process;
    const name = `bedrock-profile-client-${platform}-${arch}${libc()}`;
    throw new Error(
      `bedrock-profile-client: there is no binary for this platform (${platform} ${arch}). ` +
        `npm should have installed the package ${name}. Remove node_modules and package-lock.json ` +
        `and install again without --omit=optional; in a checkout run \`npm run build\`.`,
      { cause },
    );
  }
}

function libc() {
  if (process.platform === 'win32') return '-msvc';
  if (process.platform !== 'linux') return '';
  const header = process.report?.getReport?.()?.header;
  return header && !header.glibcVersionRuntime ? '-musl' : '-gnu';
}

module.exports = load();
