// The part of the AWS SDK's middleware that this client runs.

/** Where a middleware stands. The later steps see the request with its headers. */
export type MiddlewareStep =
  'initialize' | 'serialize' | 'build' | 'finalizeRequest' | 'deserialize';

export interface MiddlewareOptions {
  /** Default `'initialize'`. */
  step?: MiddlewareStep;
  /** Default `'normal'`. */
  priority?: 'high' | 'normal' | 'low';
  /** By which it can be removed or stood beside; one middleware for each name. */
  name?: string;
  tags?: string[];
  /** Takes the place of the one with the same name. */
  override?: boolean;
}

export interface RelativeMiddlewareOptions extends Omit<MiddlewareOptions, 'step' | 'priority'> {
  relation: 'before' | 'after';
  /** The name of the other. */
  toMiddleware: string;
}

/** What a middleware is given and hands on: the input, and from `build` on the request. */
export interface MiddlewareArguments {
  input: any;
  request?: any;
}

/** What comes back through it. */
export interface MiddlewareResult {
  output?: any;
  response: unknown;
}

export type MiddlewareHandler = (args: any) => Promise<any>;

/** Made once for each call: `context` has `clientName` and `commandName`. */
export type Middleware = (next: MiddlewareHandler, context: any) => MiddlewareHandler;

/** As in the AWS SDK: middleware is added to it and runs with each call of this client. */
export interface MiddlewareStack {
  /** @throws Error where there is one with the same name already */
  add(middleware: Middleware, options?: MiddlewareOptions): void;
  /** @throws Error, at the call, where there is none to stand beside */
  addRelativeTo(middleware: Middleware, options: RelativeMiddlewareOptions): void;
  /** By its function or its name; whether there was one. */
  remove(toRemove: Middleware | string): boolean;
  removeByTag(tag: string): boolean;
  use(plugin: { applyToStack: (stack: any) => void }): void;
  clone(): MiddlewareStack;
  /** Names and steps, in the order they run. */
  identify(): string[];
}
