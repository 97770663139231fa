// What calls cost, and what may be spent: see docs/cost.md.

/** What a call has cost, by AWS's list prices or the operator's own. */
export interface CallCost {
  /** USD; `null` where a price is not known. */
  amount: number | null;
  currency: 'USD';
  /** Why `amount` is `null`. */
  reason?: string | undefined;
  /** The usage was estimated: the stream was aborted before it said what was used. */
  estimated?: true | undefined;
  /**
   * What had to be assumed. `geography`: an application inference profile does not say whether it is served
   * in one geography or worldwide; the first costs more, and was assumed.
   */
  assumed?: 'geography'[] | undefined;
  /** Where the price is from: a source of the price table, or `options.costs.prices`. */
  source?: string | undefined;
}

/** Prices in USD for a million tokens. */
export interface TokenPrices {
  input?: number | undefined;
  output?: number | undefined;
  /** Tokens read from the prompt cache. */
  cacheRead?: number | undefined;
  /** Tokens written to the prompt cache, by how long they live there. */
  cacheWrite?: { '5m'?: number | undefined; '1h'?: number | undefined } | undefined;
}

/** The prices of a model or a profile, which stand for all of AWS's. */
export interface OwnPrices extends TokenPrices {
  input: number;
  output: number;
  /** What differs in other service tiers. */
  tiers?: Partial<Record<'default' | 'flex' | 'priority', TokenPrices>> | undefined;
  /** What differs for calls whose prompt, with what the cache holds of it, has more tokens. */
  long?: (TokenPrices & { above: number }) | undefined;
}

export interface CostOptions {
  /** What is paid in place of list prices, by label, id or ARN of a profile, or by model id. */
  prices?: Record<string, OwnPrices> | undefined;
  /** What is assumed of application inference profiles. Default `'regional'`, which costs more. */
  geography?: 'global' | 'regional' | undefined;
}

/** What may be spent. A call counts in every budget that it fits. */
export interface Budget {
  /** Default: made of the members below. Two budgets of one name share their counters. */
  name?: string | undefined;
  /** Label, id, ARN or model of a profile; `'*'`: each profile by itself. */
  profile?: string | undefined;
  /** As in `attribution`; `'*'`: each team by itself. */
  team?: string | undefined;
  /** As in `attribution`, plain or as its pseudonym; `'*'`: each user by itself. */
  user?: string | undefined;
  /** In UTC. */
  period: 'day' | 'month';
  /** USD, above 0 and at most 1,000,000. */
  limit: number;
  /** What becomes of a call that might exceed it. Default `'refuse'`. */
  action?: 'warn' | 'refuse' | undefined;
  /** Shares of the limit at which to warn, once for all replicas. Default `[0.8, 1]`. */
  warnAt?: number[] | undefined;
}

export interface BudgetOptions {
  limits: Budget[];
  /** What becomes of calls while the store cannot be read. Default `'allow'`, with a warning. */
  onStoreFailure?: 'allow' | 'refuse' | undefined;
  /** A URL to which each {@link BudgetWarning} is posted as JSON. */
  webhook?: string | undefined;
}

/** A budget has reached a share of its limit. */
export interface BudgetWarning {
  name: string;
  /** `2026-11-27` or `2026-11`. */
  period: string;
  /** Of `warnAt`. */
  share: number;
  /** USD. */
  spent: number;
  /** USD. */
  limit: number;
  /** Which, where the budget is for each. */
  subject?: string | undefined;
}

/** How far a budget is used. */
export interface BudgetStatus {
  name: string;
  period: string;
  limit: number;
  action: 'warn' | 'refuse';
  /** Whether it is for each profile, team or user by itself; then `spent` is `null`. */
  each: boolean;
  /** USD; `null` where the store could not be read. */
  spent: number | null;
}

/** A call that might exceed a budget. Nothing was sent. */
export interface BudgetExceededError extends Error {
  name: 'BudgetExceededError';
  budget: {
    name: string;
    period: string;
    limit: number;
    spent: number;
    /** USD that calls under way may cost. */
    reserved: number;
    subject?: string | undefined;
  };
}

export type CostDimension = 'period' | 'profile' | 'model' | 'user' | 'team';

export interface CostQuery {
  /** Anything `new Date()` takes. Default: 60 minutes, 60 hours or 30 days before `to`. */
  from?: Date | string | number | undefined;
  /** Default: now. */
  to?: Date | string | number | undefined;
  /** How long a period is, in UTC. Minutes are kept for 3 hours, hours for 8 days, days for 400. Default `'day'`. */
  resolution?: 'minute' | 'hour' | 'day' | undefined;
  /** What rows are told apart by; users and teams by day alone. Default `['period', 'profile', 'model']`. */
  by?: CostDimension[] | undefined;
}

export interface CostRow extends Partial<Record<CostDimension, string>> {
  calls: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens: number;
  cacheWriteInputTokens: number;
  /** USD of the calls whose price is known; `null` where that is none. */
  cost: number | null;
  currency: 'USD';
  /** Calls whose price is not known. */
  unpricedCalls: number;
  /** Calls whose usage was estimated. */
  estimatedCalls: number;
}

export interface CostReport {
  /** ISO 8601. */
  from: string;
  to: string;
  resolution: 'minute' | 'hour' | 'day';
  /** Whether the store gave all of it. */
  complete: boolean;
  rows: CostRow[];
}
