/** Starts a node from its data directory, which says who it is; what the directory cannot know comes as options. */
import { QuorateError } from '../base/index.ts';
import { readBirthRecord, writeBirthRecord } from './birth-record.ts';
import { QuorateNode } from './node.ts';
import type { NodeOptions, SelfOptions } from './options.ts';

type Remembered =
  | 'identity'
  | 'create'
  | 'logMade'
  | 'bootstrap'
  | 'foundingLevel'
  | 'addresses'
  | 'self'
  | 'origin';

export interface StartOptions extends Omit<NodeOptions, Remembered> {
  /** Absent: it says nothing of itself. */
  readonly self?: Omit<SelfOptions, 'join' | 'onJoined'>;
}

/** `not-found` when the directory was never prepared with a birth record. */
export async function startFromDirectory(options: StartOptions): Promise<QuorateNode> {
  const { machine, directory, self } = options;
  const { disk } = machine;
  const record = await readBirthRecord(disk, directory);
  if (record === undefined) {
    throw new QuorateError({
      code: 'not-found',
      message: `${directory} is not a data directory yet: prepare it for a new cluster, or join one`,
      data: { what: 'birth record', path: directory },
    });
  }
  const { joining, ...settled } = record;
  const { identity, started, bootstrap, level, addresses, origin } = record;
  if (origin !== undefined) machine.log.warn('cluster began with a state', { ...origin });
  const join: Partial<SelfOptions> =
    joining === undefined
      ? {}
      : { join: joining, onJoined: () => writeBirthRecord(disk, directory, { ...settled, started: true }) };
  return await QuorateNode.start({
    ...options,
    directory: `${directory}/node`,
    identity,
    bootstrap,
    foundingLevel: level,
    addresses,
    ...(origin === undefined ? {} : { origin }),
    create: !started,
    logMade: () => writeBirthRecord(disk, directory, { ...record, started: true }),
    ...(self === undefined ? {} : { self: { ...self, ...join } }),
  });
}
