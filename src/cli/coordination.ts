/** Recipes for the verbs that hold something: on the cluster, or whatever address the command was told. */
import type { Capability } from '../engines/port/index.ts';
import { openQuorate } from '../engines/quorate/index.ts';
import { type Coordination, coordinate } from '../recipes/index.ts';
import { openStore } from './endpoints.ts';
import { durationOption, type Invocation, textOption } from './verb.ts';

export const holdingHelp: Readonly<Record<string, string>> = {
  ttl: "how long it is kept for a command that is not heard of any more, such as '30s' (default 10s)",
  wait: "how long to wait for it, such as '1m'; 0 not at all (default: without end)",
};

export interface OpenCoordination extends AsyncDisposable {
  readonly coordination: Coordination<Capability>;
}

export async function openCoordination(invocation: Invocation): Promise<OpenCoordination> {
  const store = await openStore(invocation);
  const engine = await openQuorate(store, { ownsStore: true });
  const ttlMs = durationOption(invocation, 'ttl');
  const coordination = coordinate(engine, {
    holder: `process ${process.pid}`,
    ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
  });
  const close = async (): Promise<void> => {
    await coordination.close();
    await engine.close();
  };
  return { coordination, [Symbol.asyncDispose]: close };
}

/** What a wait is bounded by: `--wait`, and Ctrl-C. */
export function waitOf(invocation: Invocation): { readonly wait?: number; readonly signal: AbortSignal } {
  const waitMs = textOption(invocation, 'wait') === '0' ? 0 : durationOption(invocation, 'wait');
  return { signal: invocation.signal, ...(waitMs === undefined ? {} : { wait: waitMs }) };
}
