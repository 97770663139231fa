'use strict';

// One check: carried out, timed, told. Node's built-ins only.

/** Runs one check; its row of the report. */
async function carryOut({ name, where, work }) {
  const started = performance.now();
  let row;
  try {
    const skipped = await work();
    row = { name, ...where, result: 'passed', ...(skipped?.note && { note: skipped.note }) };
  } catch (error) {
    row = { name, ...where, result: 'failed', note: error.message };
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${row.result}  ${name}  ${seconds} s`);
  if (row.result === 'failed') console.log(`${row.note}\n`);
  return row;
}

module.exports = { carryOut };
