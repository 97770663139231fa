'use strict';

const { lazy } = require('./lazy.js');

/**
 * Every model of the catalog and what is known of it: the values of `capabilities(id)` without their
 * sources, the id as `model`. What nobody knows is absent.
 *
 * @returns {object[]}
 */
const catalogModels = lazy(() => JSON.parse(require('./load.js').catalogModels()));

module.exports = { catalogModels };
