/**
 * Recipes on NATS JetStream, version 2.9 and later, by one stream: `openNats('nats://host:port,…')`. It has no
 * transactions over several keys, and so no fences; that it survives the loss of a server is stated by permission only.
 */
import type { Engine } from '../port/index.ts';
import type { NatsCapabilities, PermittedCapabilities } from './capability-notes.ts';
import { loadNats } from './nats-module.ts';
import { openEngine } from './opening.ts';
import { type NatsOptions, natsSettings } from './options.ts';

export type { NatsCapabilities } from './capability-notes.ts';
export type { NatsOptions } from './options.ts';

/** Opens it, and makes the stream when there is none. With `allow` it provides `survives-failover` by the user's word. */
export function openNats(
  url: string,
  options: NatsOptions & { readonly allow: 'failover-loss' },
): Promise<Engine<PermittedCapabilities>>;
export function openNats(url: string, options?: NatsOptions): Promise<Engine<NatsCapabilities>>;
export async function openNats(url: string, options: NatsOptions = {}): Promise<Engine<NatsCapabilities>> {
  const settings = natsSettings(url, options);
  const engine: Engine<NatsCapabilities> = await openEngine(settings, await loadNats(options.load));
  return engine;
}
