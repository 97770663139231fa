'use strict';

// A short message to a chat's users about what was changed in their request: the option `notice`. Told is
// what they can see in the answer, in plain words; what only developers care for is in
// `$metadata.profile.changes`.

const { lazy } = require('./lazy.js');

const addon = lazy(() => require('./load.js'));

const MODES = ['reasoning', 'metadata'];

/** Members of a request that say how a model thinks, in the words of all families. */
const THINKING =
  /^additionalModelRequestFields\.(thinking|reasoning(_?config|_effort)?|reasoningConfig|enable_thinking)\b/;
const EFFORT = /\b(effort|reasoning_effort|maxReasoningEffort)$/;
const OFF = ['disabled', 'none', 'off', false];

/** Settings as their users know them, by the last name of their path. */
const SETTINGS = {
  temperature: 'temperature',
  topP: 'top P',
  top_p: 'top P',
  topK: 'top K',
  top_k: 'top K',
  stopSequences: 'stop sequences',
  stop_sequences: 'stop sequences',
};

const MEDIA = { image: 'image', document: 'document', video: 'video', audio: 'audio file' };
const CONTENT = /^messages\[\d+\]\.content\[\d+\](?:\.toolResult\.content\[\d+\])?(?:\.(\w+))?$/;

const object = (value) => typeof value === 'object' && value !== null;
const nameOf = (path) => path.slice(path.lastIndexOf('.') + 1);
const drops = ({ action }) => action === 'drop';

/** Whether a setting asks a model to think. */
const wantsThinking = (value) => !OFF.includes(object(value) ? value.type : value);

/** Why thinking was left out, by the rule that did it. */
const WHY_OFF = {
  R4: 'the answer may not be long enough for it',
  R5: 'the answer may not be long enough for it',
  R30: 'earlier steps of this answer were made without it',
};

const listed = (words) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** What is told, by topic: a sentence, or nothing where it has not happened. */
const TOPICS = {
  otherModel({ model, route }) {
    const meant = route?.steps[0]?.model;
    if (!meant || !model || meant === model || route.steps.length < 2) return undefined;
    return `${model} answered, because ${meant} could not be reached.`;
  },
  thinkingOff({ changes }) {
    const left = changes.find(
      (change) => drops(change) && THINKING.test(change.path) && wantsThinking(change.from),
    );
    // Said in other words, it is still wanted; but what has taken thinking out comes last.
    const own = ({ action, path, to }) =>
      action !== 'drop' && THINKING.test(action === 'move' ? String(to) : path);
    const lastOwn = changes.findLastIndex(own);
    const lastOff = changes.findLastIndex((change) => drops(change) && THINKING.test(change.path));
    if (
      left === undefined ||
      lastOwn > lastOff ||
      (lastOwn >= 0 && !(changes[lastOff].rule in WHY_OFF))
    )
      return undefined;
    const why = WHY_OFF[changes[lastOff].rule] ?? 'the model does not offer it in this way';
    return `Thinking was switched off for this answer: ${why}.`;
  },
  thinkingOn({ changes }) {
    const kept = changes.some(
      (change) => ['R11', 'R12'].includes(change.rule) && THINKING.test(change.path),
    );
    return kept ? 'Thinking could not be switched off: this model always thinks.' : undefined;
  },
  effortChanged({ changes }) {
    const change = changes.find(
      ({ action, path, from, to }) =>
        ['rewrite', 'clamp'].includes(action) &&
        EFFORT.test(path) &&
        typeof from === 'string' &&
        typeof to === 'string',
    );
    return change && `The model thought with effort ${change.to} instead of ${change.from}.`;
  },
  attachmentsLeftOut({ changes }) {
    const kinds = changes.filter(drops).flatMap(({ path, from }) => {
      const [place, member] = CONTENT.exec(path) ?? [];
      if (place === undefined) return [];
      const kind = member ?? (object(from) ? Object.keys(from)[0] : undefined);
      return Object.hasOwn(MEDIA, kind ?? '') ? [kind] : [];
    });
    if (kinds.length === 0) return undefined;
    const counted = Object.keys(MEDIA).flatMap((kind) => {
      const count = kinds.filter((one) => one === kind).length;
      return count === 0 ? [] : [`${count} ${MEDIA[kind]}${count === 1 ? '' : 's'}`];
    });
    return `The model did not get ${listed(counted)}: it does not take them.`;
  },
  toolsLeftOut({ changes }) {
    const gone = changes.some((change) => change.rule === 'M3' && change.path === 'toolConfig');
    return gone ? 'The model answered without tools: it cannot use them.' : undefined;
  },
  citationsLeftOut({ changes }) {
    const gone = changes.some((change) => drops(change) && nameOf(change.path) === 'citations');
    return gone ? 'The model gives no citations.' : undefined;
  },
  settingsLeftOut({ changes }) {
    const names = changes
      .filter((change) => drops(change) && change.rule !== 'K1')
      .flatMap(({ path, rule }) => {
        const name = nameOf(path);
        if (Object.hasOwn(SETTINGS, name)) return [SETTINGS[name]];
        // What a model has refused before is the operator's own field.
        return rule === 'L1' && path.startsWith('additionalModelRequestFields.') ? [name] : [];
      });
    const unique = [...new Set(names)];
    if (unique.length === 0) return undefined;
    const one = unique.length === 1;
    return `The setting${one ? '' : 's'} ${listed(unique)} ${one ? 'was' : 'were'} left out: the model does not take ${one ? 'it' : 'them'} here.`;
  },
  settingsChanged({ changes }) {
    const found = changes.filter(
      ({ action, path, to }) =>
        action === 'clamp' && Object.hasOwn(SETTINGS, nameOf(path)) && typeof to === 'number',
    );
    if (found.length === 0) return undefined;
    const each = found.map(({ path, to }) => `${SETTINGS[nameOf(path)]} ${to}`);
    return `The model was called with ${listed(each)}, as far as it goes.`;
  },
  answerShorter({ changes }) {
    const change = changes.find(
      ({ rule, to }) => rule === 'T1' && (typeof to === 'number' || /^\d+$/.test(String(to))),
    );
    if (change === undefined) return undefined;
    return `The answer can have at most ${Number(change.to).toLocaleString('en-US')} tokens, which is the model's limit.`;
  },
};

/**
 * What a call's users are told; undefined where there is nothing.
 *
 * @param {object} profile `$metadata.profile`
 * @returns {{ text: string, topics: string[] } | undefined}
 */
function noticeOf(profile) {
  if (!profile || (profile.changes.length === 0 && profile.route === undefined)) return undefined;
  const told = Object.entries(TOPICS)
    .map(([topic, say]) => ({ topic, text: say(profile) }))
    .filter(({ text }) => text);
  if (told.length === 0) return undefined;
  return {
    text: `Note: ${told.map(({ text }) => text).join(' ')}`,
    topics: told.map(({ topic }) => topic),
  };
}

/** A whole response with the message in front, as a block of reasoning. */
function intoMessage(members, { text }) {
  const content = members.output?.message?.content;
  if (!Array.isArray(content)) return;
  content.unshift({ reasoningContent: { reasoningText: { text: addon().markedNotice(text) } } });
}

/** What comes between the start of a streamed message and its first block. */
const asEvents = ({ text }) => [
  {
    contentBlockDelta: {
      delta: { reasoningContent: { text: addon().markedNotice(text) } },
      contentBlockIndex: 0,
    },
  },
  { contentBlockStop: { contentBlockIndex: 0 } },
];

/** The message into a stream: `events` gives what an event of Bedrock's becomes. */
class StreamedNotice {
  #mode;
  #notice;

  constructor(mode, notice) {
    this.#mode = mode;
    this.#notice = notice;
  }

  /** Changes the event, and gives those that follow it. */
  after(event) {
    if (event.metadata) event.metadata.profile = { notice: this.#notice };
    if (this.#mode !== 'reasoning') return NONE;
    if (event.messageStart) return asEvents(this.#notice);
    const block = event.contentBlockDelta ?? event.contentBlockStart ?? event.contentBlockStop;
    if (block) block.contentBlockIndex += 1;
    return NONE;
  }
}

const NONE = Object.freeze([]);

module.exports = { MODES, StreamedNotice, intoMessage, noticeOf };
