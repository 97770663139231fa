import type { Schema } from '../../api/types';

export type TrialRequest = Schema<'TrialRequest'>;
export type Gating = NonNullable<TrialRequest['gating']>;
export const GATINGS: Gating[] = ['adapt', 'strict', 'off'];

/** What is typed, as it is typed. */
export interface Draft {
  profile: string;
  /** The second profile; `null` where there is none. */
  other: string | null;
  prompt: string;
  system: string;
  maxTokens: string;
  temperature: string;
  topP: string;
  /** Tokens that the model may think; empty: as the model does by itself. */
  thinking: string;
  /** `additionalModelRequestFields` as JSON. */
  fields: string;
  gating: Gating;
}

export const EMPTY: Draft = {
  profile: '',
  other: null,
  prompt: '',
  system: '',
  maxTokens: '',
  temperature: '',
  topP: '',
  thinking: '',
  fields: '',
  gating: 'adapt',
};

export type Fault = 'required' | 'whole' | 'share' | 'json' | 'object';
export type Faults = Partial<Record<keyof Draft, Fault>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function faultOfJson(text: string): Fault | undefined {
  if (text.trim() === '') return undefined;
  try {
    return isObject(JSON.parse(text)) ? undefined : 'object';
  } catch {
    return 'json';
  }
}

const faultOfWhole = (text: string): Fault | undefined =>
  text.trim() === '' || /^[1-9]\d{0,8}$/.test(text.trim()) ? undefined : 'whole';

const faultOfShare = (text: string): Fault | undefined => {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || (value >= 0 && value <= 1) ? undefined : 'share';
};

/** What cannot be sent as it is typed, by field. */
export function faultsOf(draft: Draft): Faults {
  const faults: [keyof Draft, Fault | undefined][] = [
    ['profile', draft.profile.trim() === '' ? 'required' : undefined],
    ['other', draft.other?.trim() === '' ? 'required' : undefined],
    ['prompt', draft.prompt.trim() === '' ? 'required' : undefined],
    ['maxTokens', faultOfWhole(draft.maxTokens)],
    ['thinking', faultOfWhole(draft.thinking)],
    ['temperature', faultOfShare(draft.temperature)],
    ['topP', faultOfShare(draft.topP)],
    ['fields', faultOfJson(draft.fields)],
  ];
  return Object.fromEntries(faults.filter(([, fault]) => fault !== undefined));
}

const numberOf = (text: string): number | undefined =>
  text.trim() === '' ? undefined : Number(text.trim().replace(',', '.'));

/** The members that have a value; `undefined` where none has. */
function compact(members: Record<string, unknown>): Record<string, unknown> | undefined {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The request for a profile, of a draft without faults. */
export function requestOf(draft: Draft, profile: string): TrialRequest {
  const budget = numberOf(draft.thinking);
  const fields =
    draft.fields.trim() === '' ? {} : (JSON.parse(draft.fields) as Record<string, unknown>);
  const inferenceConfig = compact({
    maxTokens: numberOf(draft.maxTokens),
    temperature: numberOf(draft.temperature),
    topP: numberOf(draft.topP),
  });
  const additionalModelRequestFields = compact({
    thinking: budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget },
    ...fields,
  });
  return {
    modelId: profile.trim(),
    prompt: draft.prompt,
    gating: draft.gating,
    ...(draft.system.trim() !== '' && { system: [{ text: draft.system }] }),
    ...(inferenceConfig && { inferenceConfig }),
    ...(additionalModelRequestFields && { additionalModelRequestFields }),
  };
}
