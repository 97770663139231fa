'use strict';

require('./lib/node-version.js');

const { BedrockProfileClient } = require('./lib/client.js');
const { BedrockRuntimeServiceException, ServiceException, exceptions } = require('./lib/errors.js');

exports.BedrockProfileClient = BedrockProfileClient;
exports.ServiceException = ServiceException;
exports.BedrockRuntimeServiceException = BedrockRuntimeServiceException;
exports.AccessDeniedException = exceptions.AccessDeniedException;
exports.ConflictException = exceptions.ConflictException;
exports.InternalServerException = exceptions.InternalServerException;
exports.ModelErrorException = exceptions.ModelErrorException;
exports.ModelNotReadyException = exceptions.ModelNotReadyException;
exports.ModelStreamErrorException = exceptions.ModelStreamErrorException;
exports.ModelTimeoutException = exceptions.ModelTimeoutException;
exports.ResourceNotFoundException = exceptions.ResourceNotFoundException;
exports.ServiceQuotaExceededException = exceptions.ServiceQuotaExceededException;
exports.ServiceUnavailableException = exceptions.ServiceUnavailableException;
exports.ThrottlingException = exceptions.ThrottlingException;
exports.ValidationException = exceptions.ValidationException;
