/**
 * A loader: a process of its own, which is told by the benchmark what to send where, and tells how fast it was
 * answered. One for each kind of client, so that the compiler's work for one does not fall on another.
 */
import { openEtcd3, openQuorateClient } from './client-load.ts';
import { ClosedLoop, type OpenConnection } from './closed-loop.ts';
import { openEtcd } from './etcd-load.ts';
import { type Job, keysPerSlot, type LoaderAnswer, type Outcome, slotsMax } from './job.ts';
import { openQuorate } from './quorate-load.ts';
import { openZookeeper } from './zookeeper-load.ts';

let isPrepared = false;

async function carryOut(job: Job): Promise<Outcome> {
  if (!isPrepared) await prepare(job);
  isPrepared = true;
  return await new ClosedLoop(job.shape).run(opening(job), job);
}

/** Makes all keys, over one connection to the leader. */
async function prepare(job: Job): Promise<void> {
  const { leader, loader } = job;
  const open: OpenConnection =
    loader === 'zookeeper'
      ? (options) => openZookeeper(leader, 'prepare', options)
      : opening({ ...job, workload: 'put' });
  const loop = new ClosedLoop({ connections: 1, depth: slotsMax });
  await loop.runTurns(open, 1, keysPerSlot);
}

/** What any node may answer is asked of all of them, all else of the leader. */
function opening({ loader, workload, leader, endpoints }: Job): OpenConnection {
  return (options) => {
    const near = endpoints[options.place % endpoints.length] ?? leader;
    const endpoint = workload === 'stale-read' ? near : leader;
    switch (loader) {
      case 'quorate':
        return openQuorate(endpoint, workload, options);
      case 'etcd':
        return openEtcd(endpoint, workload, options);
      case 'zookeeper':
        return openZookeeper(endpoint, workload, options);
      case 'quorate-client':
        return openQuorateClient(endpoints, options);
      case 'etcd3':
        return openEtcd3(leader, options);
    }
  };
}

process.on('message', (job: Job) => {
  const answer = (words: LoaderAnswer): void => {
    process.send?.(words);
  };
  carryOut(job).then(
    (outcome) => answer({ outcome }),
    (error: unknown) =>
      answer({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
