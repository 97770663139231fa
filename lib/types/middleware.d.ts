// Middleware of the AWS SDK's kind, as far as a client can run it that signs and sends natively.

/**
 * `initialize` sees the input; `serialize` and `build` the request's headers as well, which they may
 * add to and change. The AWS SDK's later steps are done natively: adding to them is a TypeError.
 */
export type MiddlewareStep = 'initialize' | 'serialize' | 'build';

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

/** Takes `{ input, request }`, with `request.headers` from `serialize` on; gives `{ output, response }`. */
export type MiddlewareHandler = (args: any) => Promise<any>;

/** Made once for each call: `context` has `clientName` and `commandName`. */
export type Middleware = (next: MiddlewareHandler, context: any) => MiddlewareHandler;

/** As in the AWS SDK: middleware is added to it and runs with each call of this client. */
export interface MiddlewareStack {
  /**
   * @throws Error where there is one with the same name already
   * @throws TypeError for a step that is done natively
   */
  add(middleware: Middleware, options?: MiddlewareOptions): void;
  /** @throws Error, at the call, where there is none to stand beside */
  addRelativeTo(middleware: Middleware, options: RelativeMiddlewareOptions): void;
  /** By its function or its name; whether there was one. */
  remove(toRemove: Middleware | string): boolean;
  removeByTag(tag: string): boolean;
  use(plugin: { applyToStack: (stack: any) => void }): void;
  clone(): MiddlewareStack;
  concat(from: any): any;
  /** Names and steps, in the order they run. */
  identify(): string[];
}
