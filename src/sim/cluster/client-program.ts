/** What a simulated client's machine runs: one operation after the other, each recorded as the client saw it. */
import { isQuorateError, Prng } from '../../base/index.ts';
import { ClusterClient } from '../../client/index.ts';
import type { Address, Machine } from '../../ports/index.ts';
import type { HistoryAnswer, HistoryRecorder } from '../history/index.ts';
import type { Program } from '../machine/index.ts';
import { decodeAnswer, encodeCommand, encodeQuery } from './key-machine.ts';
import type { Monitor } from './monitor.ts';

export interface ClientOptions {
  readonly endpoints: readonly Address[];
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  readonly keys: number;
  /** Operations follow each other after up to so many milliseconds. */
  readonly pauseMsMax: number;
  /** Values are unique in a run, so that each read tells which write it saw. */
  readonly nextValue: () => number;
  /** True: stop after the operation under way. */
  readonly stopped: () => boolean;
}

export function clientProgram(options: ClientOptions): Program {
  return async (machine) => {
    const { network, clock, random } = machine;
    const prng = new Prng(random.uint32());
    const client = new ClusterClient({
      network,
      clock,
      random,
      endpoints: prng.shuffled(options.endpoints),
      timeout: '3s',
    });
    const recorded = options.recorder.client();
    const seen = new Map<number, number>();
    while (!options.stopped()) {
      const key = prng.below(options.keys);
      const [request, call] = draw(prng, client, key, seen, options);
      try {
        const answer = await recorded.attempt(request, call);
        if (typeof answer.value === 'number') seen.set(key, answer.value);
        options.monitor.count('operations');
      } catch (error) {
        // What became of it is in the history; what is no error of ours stops the world.
        if (!isQuorateError(error)) throw error;
        options.monitor.count(
          error.outcome === 'unknown' ? 'operations of unknown outcome' : 'operations not applied',
        );
      }
      await pause(machine, prng.below(options.pauseMsMax));
    }
    await client.close();
  };
}

type Drawn = readonly [
  Parameters<ReturnType<HistoryRecorder['client']>['attempt']>[0],
  () => Promise<HistoryAnswer>,
];

function draw(
  prng: Prng,
  client: ClusterClient,
  key: number,
  seen: Map<number, number>,
  options: ClientOptions,
): Drawn {
  if (prng.chance(0.4)) {
    return [{ f: 'read', key }, async () => readAnswer(await client.read(0, encodeQuery(key)))];
  }
  const value = options.nextValue();
  if (prng.chance(0.5)) {
    const command = encodeCommand({ kind: 'write', key, value });
    return [
      { f: 'write', key, value },
      async () => {
        const { revision } = decodeAnswer(await client.command(0, command));
        options.monitor.answered(revision);
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

function readAnswer(bytes: Uint8Array): HistoryAnswer {
  const { value, revision } = decodeAnswer(bytes);
  return { value: value === 0 ? null : value, revision };
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}
