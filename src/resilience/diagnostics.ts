/**
 * The one file of this room that knows of Node, and it asks at run time: `diagnostics_channel` where the process has
 * it, nothing elsewhere. No import, so a bundler for browsers finds nothing to replace.
 */

export interface DiagnosticsChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** What is needed of Node's `process`, where there is one. */
interface Host {
  getBuiltinModule?(name: string): { channel(name: string): DiagnosticsChannel } | undefined;
}

const silent: DiagnosticsChannel = { hasSubscribers: false, publish: () => undefined };

export function diagnosticsChannel(name: string): DiagnosticsChannel {
  const { process: host } = globalThis as { readonly process?: Host };
  return host?.getBuiltinModule?.('node:diagnostics_channel')?.channel(name) ?? silent;
}
