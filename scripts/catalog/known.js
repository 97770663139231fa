'use strict';

/**
 * What a person has judged already: `known-disagreements.json`. Each entry pins what was published,
 * so that another value is a new disagreement.
 *
 * `disagreements`: a source says of these models what the catalog does not believe (or, where the
 * catalog says nothing, does not take). `silent`: a source that the catalog names for these facts
 * does not tell them in its table. `others`: published ids that are no models of their own.
 */

const path = require('node:path');
const { readJson } = require('./load');
const { said } = require('./compare');

const KNOWN = path.join(__dirname, 'known-disagreements.json');

const key = (...parts) => JSON.stringify(parts);

class Known {
  constructor({ disagreements = [], silent = [], others = [] }) {
    this.published = new Map();
    for (const { source, field, reason, published } of disagreements) {
      if (!reason) throw new Error(`known-disagreements.json: ${source} ${field} has no reason`);
      for (const [model, value] of Object.entries(published)) {
        this.published.set(key(source, model, field), { source, model, field, value, reason });
      }
    }
    this.silent = new Set(
      silent.flatMap(({ models, fields }) =>
        models.flatMap((model) => fields.map((field) => key(model, field))),
      ),
    );
    this.others = new Set(others.flatMap(({ models }) => models));
  }

  static load(file = KNOWN) {
    return new Known(readJson(file));
  }

  /** The judgement on a contradiction, where there is one on this very value. */
  on({ table, model, field, row }) {
    const entry = this.published.get(key(table.reader.name, model, field));
    return entry && JSON.stringify(entry.value) === JSON.stringify(said(row)) ? entry : undefined;
  }

  isSilent(model, field) {
    return this.silent.has(key(model, field));
  }

  isOther(model) {
    return this.others.has(model);
  }

  /** Judgements on what the tables do not say any more. */
  stale(tables, contradictions) {
    const reads = ({ source, field }) =>
      tables.some(({ reader }) => reader.name === source && reader.fields.includes(field));
    const seen = new Set(
      contradictions.map((each) => this.on(each)).filter((entry) => entry !== undefined),
    );
    return [...this.published.values()].filter((entry) => reads(entry) && !seen.has(entry));
  }
}

module.exports = { KNOWN, Known };
