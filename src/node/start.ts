/** Starts a node from its data directory, which says who it is; what the directory cannot know comes as options. */
import { QuorateError } from '../base/index.ts';
import { readBirthRecord, writeBirthRecord } from './birth-record.ts';
import { QuorateNode } from './node.ts';
import type { NodeOptions } from './options.ts';

type Remembered = 'identity' | 'create' | 'logMade' | 'bootstrap' | 'foundingLevel' | 'addresses';

/** `not-found` when the directory was never prepared with a birth record. */
export async function startFromDirectory(options: Omit<NodeOptions, Remembered>): Promise<QuorateNode> {
  const { machine, directory } = options;
  const record = await readBirthRecord(machine.disk, directory);
  if (record === undefined) {
    throw new QuorateError({
      code: 'not-found',
      message: `${directory} is not a data directory yet: prepare it for a new cluster, or join one`,
      data: { what: 'birth record', path: directory },
    });
  }
  const { identity, started, bootstrap, level, addresses } = record;
  return await QuorateNode.start({
    ...options,
    directory: `${directory}/node`,
    identity,
    bootstrap,
    foundingLevel: level,
    addresses,
    create: !started,
    logMade: () => writeBirthRecord(machine.disk, directory, { ...record, started: true }),
  });
}
