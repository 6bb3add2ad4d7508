/** What a simulated client's machine runs: one operation after the other, each recorded as the client saw it. */
import { isQuorateError, Prng } from '../../base/index.ts';
import { ClusterClient } from '../../client/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import type { HistoryAnswer, HistoryRecorder } from '../history/index.ts';
import type { Program } from '../machine/index.ts';
import { decodeAnswer, encodeCommand, encodeQuery, encodeSecondForm } from './key-machine.ts';
import type { Monitor } from './monitor.ts';
import type { ClientPlace } from './workload.ts';

export interface ClientOptions extends Omit<ClientPlace, 'name'> {
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  /** How many of its operations are reads. */
  readonly readShare: number;
}

export function clientProgram(options: ClientOptions): Program {
  return async (machine) => {
    const prng = new Prng(machine.random.uint32());
    const client = connect(machine, prng.shuffled(options.endpoints));
    const recorded = options.recorder.client();
    const seen = new Map<number, number>();
    while (options.mayBegin()) {
      const key = prng.below(options.keys);
      const [request, call] = draw({ machine, prng, client, key, seen, options });
      try {
        const answer = await recorded.attempt(request, call);
        if (typeof answer.value === 'number') seen.set(key, answer.value);
        options.monitor.count('operations');
      } catch (error) {
        // What became of it is in the history; what is no error of ours stops the world.
        if (!isQuorateError(error)) throw error;
        if (error.code === 'level-too-low' || error.code === 'command-unknown')
          options.monitor.count('commands of the new release refused');
        options.monitor.count(
          error.outcome === 'unknown' ? 'operations of unknown outcome' : 'operations not applied',
        );
      }
      await pause(machine, prng.below(options.pauseMsMax));
    }
    await client.close();
  };
}

function connect({ network, clock, random }: Machine, endpoints: readonly Address[]): ClusterClient {
  return new ClusterClient({ network, clock, random, endpoints, timeout: '3s' });
}

interface Situation {
  readonly machine: Machine;
  readonly prng: Prng;
  readonly client: ClusterClient;
  readonly key: number;
  readonly seen: ReadonlyMap<number, number>;
  readonly options: ClientOptions;
}

type Drawn = readonly [
  Parameters<ReturnType<HistoryRecorder['client']>['attempt']>[0],
  () => Promise<HistoryAnswer>,
];

function draw(situation: Situation): Drawn {
  const { prng, client, key, seen, options } = situation;
  if (prng.chance(options.readShare)) {
    // A client that only reads stays where it is answered; this one follows the leader, so some ask one node by name.
    const isPinned = prng.chance(0.4);
    const read = (): Promise<Uint8Array> =>
      isPinned ? readAtOne(situation) : client.read(0, encodeQuery(key));
    return [{ f: 'read', key }, async () => readAnswer(await read())];
  }
  const value = options.nextValue();
  if (prng.chance(0.5)) {
    const isNew = options.writesInSecondForm && prng.chance(0.2);
    const command = isNew ? encodeSecondForm(key, value) : encodeCommand({ kind: 'write', key, value });
    return [
      { f: 'write', key, value },
      async () => {
        const { revision } = decodeAnswer(await client.command(0, command));
        options.monitor.answered(revision);
        if (isNew) options.monitor.count('commands of the new release carried out');
        return { revision };
      },
    ];
  }
  const expected = seen.get(key) ?? 0;
  const command = encodeCommand({ kind: 'cas', key, expected, value });
  return [
    { f: 'cas', key, value: [expected === 0 ? null : expected, value] },
    async () => {
      const { done, revision } = decodeAnswer(await client.command(0, command));
      options.monitor.answered(revision);
      return { value: done, revision };
    },
  ];
}

async function readAtOne({ machine, prng, key, options }: Situation): Promise<Uint8Array> {
  const place = prng.below(options.endpoints.length);
  await using client = connect(machine, [options.endpoints[place] as Address]);
  const answer = await client.read(0, encodeQuery(key));
  options.monitor.count(options.readName(place));
  return answer;
}

function readAnswer(bytes: Uint8Array): HistoryAnswer {
  const { value, revision } = decodeAnswer(bytes);
  return { value: value === 0 ? null : value, revision };
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}
