'use strict';
function* failures() {}
module.exports = { failures };
