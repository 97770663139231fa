'use strict';

// What the addon says of ids that are resolved again and again: the same text is read once, and whoever
// asks is given an object of his own.

/** Most ids whose last text is kept. */
const MOST = 10_000;

const last = new Map();

/**
 * Reads what `resolveSync` of the addon gives.
 *
 * @param {string} id
 * @param {string} text JSON of `{ resolved, warnings }`
 * @returns {{ resolved: import('./types/profile').ResolvedProfile | null, warnings: string[] }}
 */
function read(id, text) {
  const kept = last.get(id);
  if (kept?.text === text) return { resolved: copyOf(kept.resolved), warnings: [] };
  const said = JSON.parse(text);
  // What is told once is another text the next time.
  if (said.resolved === null || said.warnings.length > 0) return said;
  if (last.size >= MOST) last.clear();
  last.set(id, { text, resolved: said.resolved });
  return { resolved: copyOf(said.resolved), warnings: [] };
}

function copyOf(resolved) {
  const copy = { ...resolved };
  copy.profiles = [...resolved.profiles];
  copy.warnings = resolved.warnings.map((warning) => ({ ...warning }));
  if (resolved.otherModels !== undefined) copy.otherModels = [...resolved.otherModels];
  return copy;
}

module.exports = { read };
