/** Coordination on etcd v3.4 and later, by a thin client of its published API: `openEtcd`. */
import { realClock, realRandom } from '../../ports/real/index.ts';
import type { Engine } from '../port/index.ts';
import { type EtcdCapability, EtcdEngine } from './engine.ts';
import { type EtcdOptions, etcdSettings } from './options.ts';

export type { EtcdCapability } from './engine.ts';
export type { EtcdOptions } from './options.ts';

/**
 * `etcd://host:port,host:port`, or `etcds://` for TLS. Resolves when a member has answered, has a leader, and is new
 * enough; rejects within the deadline.
 */
export async function openEtcd(url: string, options: EtcdOptions = {}): Promise<Engine<EtcdCapability>> {
  const settings = etcdSettings(url, options, { clock: realClock(), random: realRandom() });
  const engine = new EtcdEngine(settings);
  try {
    await engine.open();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}
