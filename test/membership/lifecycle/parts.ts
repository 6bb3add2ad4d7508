/** Components that write down what is asked of them, and end when the story says so. */
import type { Component, ComponentContext } from '../../../src/membership/lifecycle/index.ts';

export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function deferred(): Deferred {
  let resolve = (): void => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export interface PartOptions {
  readonly needs?: readonly string[];
  readonly start?: (context: ComponentContext) => Promise<void> | void;
  readonly stop?: (context: { readonly signal: AbortSignal }) => Promise<void> | void;
}

export function part(name: string, log: string[], { needs = [], start, stop }: PartOptions = {}): Component {
  return {
    name,
    needs,
    startWithin: '5s',
    stopWithin: '2s',
    start: async (context) => {
      log.push(`start ${name}`);
      await start?.(context);
    },
    stop: async (context) => {
      log.push(`stop ${name}`);
      await stop?.(context);
    },
  };
}
