'use strict';
module.exports = { validate() {} };
