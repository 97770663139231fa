import { apiUrl } from '../mount';
import { CSRF, failureOf, unreachable } from './client';
import { errorOf } from './problem';

export interface StreamEvent {
  event: string;
  data: Record<string, unknown>;
}

function parsed(line: string): StreamEvent | undefined {
  if (line.trim() === '') return undefined;
  const event = JSON.parse(line) as StreamEvent;
  if (event.event === 'error') throw errorOf(event.data);
  return event;
}

/** The events of an operation that streams. Leaving the loop, or aborting the signal, ends the call. */
export async function* streamOf(
  path: '/discovery' | '/try',
  body: unknown,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent, void, undefined> {
  const response = await fetch(apiUrl(path), {
    method: 'POST',
    headers: { ...CSRF, 'Content-Type': 'application/json', Accept: 'application/x-ndjson' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    throw unreachable(error);
  });
  if (!response.ok) throw await failureOf(response);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw unreachable(error);
      });
      const lines = (rest + (value ?? '')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = parsed(line);
        if (event) yield event;
      }
      if (done) break;
    }
    const last = parsed(rest);
    if (last) yield last;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
