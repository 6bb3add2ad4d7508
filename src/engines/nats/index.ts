/**
 * Recipes on NATS JetStream, version 2.9 and later, by one stream: `openNats('nats://host:port,…')`. It has no
 * transactions over several keys, and so no fences; the rest is as good as what the servers keep.
 */
import type { Capability, Engine } from '../port/index.ts';
import { loadNats } from './nats-module.ts';
import { openEngine } from './opening.ts';
import { type NatsOptions, natsSettings } from './options.ts';

export type { NatsOptions } from './options.ts';

/** What it has wherever it runs. */
export type NatsCapabilities = 'linearizable-reads' | 'watch-resume' | 'expiry-events';

/** What it has with these options: who asks for three copies gets them or is refused. */
export type NatsCapabilitiesWith<Options extends NatsOptions> = Options extends { readonly copies: 3 | 5 }
  ? NatsCapabilities | 'survives-failover'
  : NatsCapabilities;

/** Opens it, and makes the stream when there is none. */
export async function openNats<const Options extends NatsOptions>(
  url: string,
  options?: Options,
): Promise<Engine<NatsCapabilitiesWith<Options>>> {
  const settings = natsSettings(url, options ?? {});
  const engine: Engine<Capability> = await openEngine(settings, await loadNats(options?.load));
  // What it really has is decided by the stream, which the opening has held against the options.
  return engine as Engine<NatsCapabilitiesWith<Options>>;
}
