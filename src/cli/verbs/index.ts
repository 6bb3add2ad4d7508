/**
 * The verbs that the command knows, in the order in which its help shows them. Each is loaded when it is called
 * for: nobody who reads a key waits for the simulator.
 */
import type { Verb } from '../verb.ts';

const loaders: ReadonlyMap<string, () => Promise<Verb>> = new Map([
  ['up', async () => (await import('./up.ts')).up],
  ['serve', async () => (await import('./serve.ts')).serve],
  ['status', async () => (await import('./status.ts')).status],
  ['members', async () => (await import('./members.ts')).members],
  ['transfer', async () => (await import('./transfer.ts')).transfer],
  ['put', async () => (await import('./put.ts')).put],
  ['get', async () => (await import('./get.ts')).get],
  ['del', async () => (await import('./del.ts')).del],
  ['txn', async () => (await import('./txn.ts')).txn],
  ['watch', async () => (await import('./watch.ts')).watch],
  ['lock', async () => (await import('./lock.ts')).lock],
  ['elect', async () => (await import('./elect.ts')).elect],
  ['semaphore', async () => (await import('./semaphore.ts')).semaphore],
  ['services', async () => (await import('./services.ts')).services],
  ['gossip', async () => (await import('./gossip.ts')).gossip],
  ['bench', async () => (await import('./bench.ts')).bench],
  ['record', async () => (await import('./record.ts')).record],
  ['backup', async () => (await import('./backup.ts')).backup],
  ['restore', async () => (await import('./restore.ts')).restore],
  ['recover', async () => (await import('./recover.ts')).recover],
  ['auth', async () => (await import('./auth.ts')).auth],
  ['user', async () => (await import('./user.ts')).user],
  ['role', async () => (await import('./role.ts')).role],
  ['check', async () => (await import('./check.ts')).check],
  ['sim', async () => (await import('./sim.ts')).sim],
  ['completion', async () => (await import('./completion.ts')).completionOf(allVerbs)],
  ['wal', async () => (await import('./wal.ts')).wal],
]);

/** `undefined` for a name that is no verb. */
export async function findVerb(name: string): Promise<Verb | undefined> {
  return await loaders.get(name)?.();
}

export async function allVerbs(): Promise<Verb[]> {
  return await Promise.all([...loaders.values()].map((load) => load()));
}
