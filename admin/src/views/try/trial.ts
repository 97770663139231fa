import { useCallback, useEffect, useRef, useState } from 'react';
import type { Change, Violation } from '../../../../lib/types/profile';
import { api, bodyOf } from '../../api/client';
import { asApiError, type ApiError } from '../../api/problem';
import { streamOf } from '../../api/stream';
import type { Schema } from '../../api/types';
import type { TrialRequest } from './request';

export type { Change, Violation };

export interface Explanation {
  resolved: {
    requestedId: string;
    callId: string;
    model: string | null;
    region: string | null;
    source: string;
    label?: string | null;
  };
  changes: Change[];
  violations: Violation[];
  attribution?: { way: string; applied: boolean; reason: string }[];
  request: { method: string; url: string; body: string };
}

export interface Cost {
  amount: number | null;
  reason?: string;
  assumed?: string[];
  estimated?: boolean;
}

export type TrialEnd = Omit<Schema<'TrialEnd'>, 'usage' | 'cost'> & {
  usage: Record<string, unknown> | null;
  cost: Cost | null;
};

export interface ToolUse {
  name: string;
  input: string;
}

export type Status = 'idle' | 'waiting' | 'thinking' | 'answering' | 'done' | 'stopped' | 'failed';

export interface Trial {
  status: Status;
  explanation: Explanation | null;
  requestId: string | null;
  attempts: number | null;
  thinking: string;
  /** Whether some of the thinking is encrypted. */
  isRedacted: boolean;
  text: string;
  tools: ToolUse[];
  end: TrialEnd | null;
  error: ApiError | null;
}

export const NOTHING: Trial = {
  status: 'idle',
  explanation: null,
  requestId: null,
  attempts: null,
  thinking: '',
  isRedacted: false,
  text: '',
  tools: [],
  end: null,
  error: null,
};

/** An event of ConverseStream, as far as it is shown. */
interface Piece {
  contentBlockStart?: { start?: { toolUse?: { name?: string } } };
  contentBlockDelta?: {
    delta?: {
      text?: string;
      toolUse?: { input?: string };
      reasoningContent?: { text?: string; redactedContent?: unknown };
    };
  };
}

/** A trial after one more event of AWS's stream. */
export function withPiece(trial: Trial, piece: Piece): Trial {
  const tool = piece.contentBlockStart?.start?.toolUse;
  if (tool) {
    const tools = [...trial.tools, { name: tool.name ?? '', input: '' }];
    return { ...trial, status: 'answering', tools };
  }
  const { text, toolUse, reasoningContent } = piece.contentBlockDelta?.delta ?? {};
  if (text !== undefined) return { ...trial, status: 'answering', text: trial.text + text };
  if (toolUse?.input !== undefined) {
    const last = trial.tools.at(-1);
    if (last === undefined) return trial;
    const changed = { ...last, input: last.input + toolUse.input };
    return { ...trial, tools: [...trial.tools.slice(0, -1), changed] };
  }
  if (reasoningContent === undefined) return trial;
  return {
    ...trial,
    status: 'thinking',
    thinking: trial.thinking + (reasoningContent.text ?? ''),
    isRedacted: trial.isRedacted || reasoningContent.redactedContent !== undefined,
  };
}

export interface Runner {
  trial: Trial;
  send(request: TrialRequest): Promise<void>;
  explain(request: TrialRequest): Promise<void>;
  stop(): void;
}

/** Sends requests, one at a time, and keeps what has come back so far. */
export function useTrial(): Runner {
  const [trial, setTrial] = useState(NOTHING);
  const controller = useRef<AbortController>(undefined);

  // Whoever leaves the view has no use for the answer, and pays for it.
  useEffect(() => () => controller.current?.abort(), []);

  const begin = useCallback(() => {
    controller.current?.abort();
    const own = new AbortController();
    controller.current = own;
    let now: Trial = { ...NOTHING, status: 'waiting' };
    let frame = 0;
    // Pieces come faster than they can be drawn: a frame shows all there are.
    const show = (next: Trial) => {
      now = next;
      if (own.signal.aborted && next.status !== 'stopped') return;
      if (frame === 0)
        frame = requestAnimationFrame(() => {
          frame = 0;
          if (controller.current === own) setTrial(now);
        });
    };
    setTrial(now);
    return { own, show, at: () => now };
  }, []);

  const send = useCallback(
    async (request: TrialRequest) => {
      const { own, show, at } = begin();
      try {
        for await (const { event, data } of streamOf('/try', request, own.signal)) {
          if (event === 'explanation')
            show({ ...at(), explanation: data as unknown as Explanation });
          else if (event === 'begin') {
            const { requestId = null, attempts = null } = data as Partial<Trial>;
            show({ ...at(), requestId, attempts });
          } else if (event === 'stream') show(withPiece(at(), data));
          else if (event === 'end') show({ ...at(), status: 'done', end: data as TrialEnd });
        }
      } catch (error) {
        if (own.signal.aborted) show({ ...at(), status: 'stopped' });
        else show({ ...at(), status: 'failed', error: asApiError(error) });
      }
    },
    [begin],
  );

  const explain = useCallback(
    async (request: TrialRequest) => {
      const { own, show, at } = begin();
      try {
        const explanation = await bodyOf(
          api.POST('/explain', { body: { ...request, stream: true }, signal: own.signal }),
        );
        show({ ...at(), status: 'idle', explanation: explanation as unknown as Explanation });
      } catch (error) {
        if (!own.signal.aborted) show({ ...at(), status: 'failed', error: asApiError(error) });
      }
    },
    [begin],
  );

  const stop = useCallback(() => controller.current?.abort(), []);
  return { trial, send, explain, stop };
}

export const isRunning = ({ status }: Trial): boolean =>
  status === 'waiting' || status === 'thinking' || status === 'answering';
