'use strict';

// The shared configuration files of AWS, as the AWS SDK for JavaScript reads them: each once for the
// process, and a file that is not there says nothing.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const variables = require('./variables.js');

const SECTION = /^([\w-]+)\s(["'])?([\w-@+.%:/]+)\2$/;
const KINDS = ['profile', 'sso-session', 'services'];
const files = new Map();

/** The sections of a file: name, or kind and name with a dot between → settings. */
function parse(text) {
  const sections = new Map();
  let section;
  let within;
  for (const line of text.split(/\r?\n/)) {
    const content = line.split(/(?:^|\s)[;#]/)[0].trim();
    if (content.startsWith('[') && content.endsWith(']')) {
      section = nameOf(content.slice(1, -1));
      within = undefined;
      if (section !== undefined && !sections.has(section)) sections.set(section, new Map());
      continue;
    }
    const equals = content.indexOf('=');
    if (section === undefined || equals < 1) continue;
    const name = content.slice(0, equals).trim();
    const value = content.slice(equals + 1).trim();
    if (value === '') {
      within = name;
      continue;
    }
    if (within !== undefined && line.trimStart() === line) within = undefined;
    sections.get(section).set(within === undefined ? name : `${within}.${name}`, value);
  }
  return sections;
}

function nameOf(title) {
  const match = SECTION.exec(title);
  if (match === null) return title;
  return KINDS.includes(match[1]) ? `${match[1]}.${match[3]}` : undefined;
}

function load(variable, name) {
  const home = variables.read('HOME') || os.homedir();
  const named = variables.read(variable) || path.join(home, '.aws', name);
  const file = named.startsWith('~/') ? path.join(home, named.slice(2)) : named;
  if (!files.has(file)) {
    let sections = new Map();
    try {
      sections = parse(fs.readFileSync(file, 'utf8'));
    } catch {
      // Not there, or not to be read: the environment alone counts.
    }
    files.set(file, sections);
  }
  return files.get(file);
}

/**
 * A setting of a profile; that of the configuration file before that of the credentials file.
 *
 * @param {string | undefined} profile its name; where absent, `AWS_PROFILE` or `default`
 * @param {string} name
 * @returns {string | undefined}
 */
function setting(profile, name) {
  const [config, credentials] = sectionsOf(profile);
  return config?.get(name) ?? credentials?.get(name);
}

/** The region of a profile, which the AWS SDK looks for in the credentials file first. */
function region(profile) {
  const [config, credentials] = sectionsOf(profile);
  return credentials?.get('region') ?? config?.get('region');
}

let latest;

/** A profile's sections; a client asks for a dozen settings of the same one. */
function sectionsOf(given) {
  const profile = given ?? (variables.read('AWS_PROFILE') || 'default');
  const about = [
    profile,
    ...['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'HOME'].map(variables.read),
  ];
  if (latest?.about.every((value, at) => value === about[at])) return latest.sections;
  const config = load('AWS_CONFIG_FILE', 'config');
  const credentials = load('AWS_SHARED_CREDENTIALS_FILE', 'credentials');
  const named = config.get(`profile.${profile}`);
  const sections = [
    named ?? (profile === 'default' ? config.get('default') : undefined),
    credentials.get(profile),
  ];
  latest = { about, sections };
  return sections;
}

/**
 * Where a profile says that a service is: of its `services` section, else for all services.
 *
 * @param {string | undefined} profile
 * @param {string} service `bedrock_runtime`, `bedrock`
 * @returns {string | undefined}
 */
function endpointUrl(profile, service) {
  const services = setting(profile, 'services');
  const section = services && load('AWS_CONFIG_FILE', 'config').get(`services.${services}`);
  return section?.get(`${service}.endpoint_url`) ?? setting(profile, 'endpoint_url');
}

module.exports = { setting, region, endpointUrl };
