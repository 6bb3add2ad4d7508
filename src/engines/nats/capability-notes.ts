/** What this engine promises and what it lacks, in words for the refusal, the table and the log. */
import type { CapabilityNotes, Provides } from '../port/index.ts';
import type { StreamFacts } from './answers.ts';

/** What it has wherever it runs. */
export type NatsCapabilities = 'linearizable-reads' | 'watch-resume' | 'expiry-events';

/** What it has by the word of the user. */
export type PermittedCapabilities = NatsCapabilities | 'survives-failover';

export interface Stated {
  readonly provides: Provides<NatsCapabilities>;
  readonly notes: CapabilityNotes;
}

const natsProvides: Provides<NatsCapabilities> = {
  'linearizable-reads': true,
  'watch-resume': true,
  'expiry-events': true,
};

const natsNotes: CapabilityNotes = {
  'survives-failover':
    'a server that led and was killed may be back with a copy of the stream that is wrong (seen on 2.9.10), which ' +
    'most but not all readers would notice, and two processes were once seen to hold one lock; ' +
    "whoever can live with that says so when opening it: { allow: 'failover-loss' }",
};

/** However many copies there are: only the user's word adds what they do not prove. */
export function statedBy(allowsLoss: boolean, { copies, isOnDisk }: StreamFacts): Stated {
  if (!allowsLoss) return { provides: natsProvides, notes: natsNotes };
  const kept = `${copies === 1 ? '1 copy' : `${copies} copies`} ${isOnDisk ? 'on disk' : 'in memory'}`;
  const provided: Provides<PermittedCapabilities> = { ...natsProvides, 'survives-failover': true };
  return {
    provides: provided,
    notes: {
      'survives-failover':
        `by permission only, with ${kept}: behind the loss of a server what was acknowledged may be missing, ` +
        'and two may hold what is for one',
    },
  };
}
