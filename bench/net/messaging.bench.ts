/**
 * What messages between programs cost: two processes on loopback, one that asks and one that answers, over
 * `quorate/net`, beside the same load on bare frames without calls, deadlines or promises. Rates depend on the
 * machine and on what else it does; judge by the ratio of one run and by the processor time of both sides together.
 *
 *   node bench/net/messaging.bench.ts [--json] [--rounds N] [--milliseconds N] [NAME ...]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LatencyHistogram } from '../../src/base/index.ts';
import { FrameBatch, FrameReader, framePayloadBytesMax } from '../../src/net/index.ts';
import { type Messenger, openMessenger, type Peer } from '../../src/net/messaging/index.ts';
import { nativeCrc32, realNetwork } from '../../src/ports/real/index.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    milliseconds: { type: 'string', default: '1000' },
  },
});
const rounds = Number(options.rounds);
const roundMs = Number(options.milliseconds);
const host = '127.0.0.1';
const payload = new Uint8Array(64);

interface Ports {
  readonly messages: number;
  readonly bare: number;
}

interface Measured {
  readonly perSecond: number;
  /** Microseconds of both processes for one operation. */
  readonly cpuUs: number;
  readonly p99Us?: number;
}

interface Case {
  readonly name: string;
  readonly unit: string;
  readonly ours: (scene: Scene) => Promise<Measured>;
  readonly bare?: (scene: Scene) => Promise<Measured>;
}

/** The process that answers, and the ways to it. */
class Scene {
  readonly server: ChildProcess;
  readonly ports: Ports;
  readonly messengers: Messenger[] = [];

  constructor(server: ChildProcess, ports: Ports) {
    this.server = server;
    this.ports = ports;
  }

  /** So many programs that ask, with a connection each. */
  async peers(count: number): Promise<Peer[]> {
    while (this.messengers.length < count) this.messengers.push(await openMessenger());
    return this.messengers
      .slice(0, count)
      .map((messenger) => messenger.peer({ host, port: this.ports.messages }));
  }

  async serverCpuUs(): Promise<number> {
    const answer = once(this.server, 'message');
    this.server.send('processor time');
    const [{ user, system }] = (await answer) as [NodeJS.CpuUsage];
    return user + system;
  }

  /** What `work` does in a round; it answers how many operations those were. */
  async measure(
    work: (until: () => boolean) => Promise<number>,
    latencies?: LatencyHistogram,
  ): Promise<Measured> {
    const serverBefore = await this.serverCpuUs();
    const before = process.cpuUsage();
    const start = performance.now();
    const count = await work(() => performance.now() - start >= roundMs);
    const elapsedMs = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const cpuUs = (user + system + (await this.serverCpuUs()) - serverBefore) / count;
    const p99Us = latencies === undefined ? {} : { p99Us: latencies.quantileMs(0.99) * 1000 };
    return { perSecond: (count / elapsedMs) * 1000, cpuUs, ...p99Us };
  }
}

/** `connections` programs, each with `depth` calls under way. */
function calls(connections: number, depth: number): (scene: Scene) => Promise<Measured> {
  return async (scene) => {
    const peers = await scene.peers(connections);
    await Promise.all(peers.map((peer) => peer.request('echo', payload)));
    const latencies = new LatencyHistogram();
    return scene.measure(async (until) => {
      let count = 0;
      const ask = async (peer: Peer): Promise<void> => {
        while (!until()) {
          const began = performance.now();
          await peer.request('echo', payload);
          latencies.record(performance.now() - began);
          count += 1;
        }
      };
      await Promise.all(peers.flatMap((peer) => Array.from({ length: depth }, () => ask(peer))));
      return count;
    }, latencies);
  };
}

/** The same bytes as bare frames: as each comes back the next goes, one write for each piece that came. */
function bareFrames(connections: number, depth: number): (scene: Scene) => Promise<Measured> {
  return async (scene) => {
    const network = realNetwork();
    const made = await Promise.all(
      Array.from({ length: connections }, () =>
        network.connect({ address: { host, port: scene.ports.bare } }),
      ),
    );
    const measured = await scene.measure(async (until) => {
      let count = 0;
      const ask = (connection: (typeof made)[number]): Promise<void> =>
        new Promise((resolve) => {
          const frames = new FrameReader({
            payloadBytesMax: () => framePayloadBytesMax,
            checksum: nativeCrc32,
          });
          const batch = new FrameBatch(nativeCrc32);
          let open = depth;
          connection.start({
            received: (bytes) => {
              const isOver = until();
              frames.push(bytes, () => {
                count += 1;
                if (isOver) open -= 1;
                else batch.add((writer) => writer.raw(payload));
              });
              if (batch.length > 0) connection.write(batch.take());
              if (open === 0) resolve();
            },
            drained: () => undefined,
            ended: () => undefined,
            closed: () => undefined,
          });
          for (let call = 0; call < depth; call += 1) batch.add((writer) => writer.raw(payload));
          connection.write(batch.take());
        });
      await Promise.all(made.map(ask));
      return count;
    });
    for (const connection of made) connection.destroy();
    return measured;
  };
}

function numberIn(bytes: Uint8Array): number {
  return new Float64Array(bytes.slice().buffer)[0] ?? Number.NaN;
}

/** Messages that nobody answers, a thousand a turn; the other side says how many came. */
async function notes(scene: Scene): Promise<Measured> {
  const [peer] = (await scene.peers(1)) as [Peer];
  const before = numberIn(await peer.request('noted', payload));
  return scene.measure(async (until) => {
    let sent = 0;
    while (!until()) {
      for (let number = 0; number < 1000; number += 1) peer.send('note', payload);
      sent += 1000;
      // An answer, so that this side is no further ahead than a thousand.
      await peer.request('noted', payload);
    }
    const came = numberIn(await peer.request('noted', payload)) - before;
    if (came !== sent) throw new Error(`${sent} messages were sent, and ${came} came`);
    return sent;
  });
}

/** Megabytes, in writes of 64 KiB that are awaited. */
function stream(count: number): (scene: Scene) => Promise<Measured> {
  return async (scene) => {
    const [peer] = (await scene.peers(1)) as [Peer];
    const piece = new Uint8Array(64 * 1024);
    return scene.measure(async (until) => {
      const pour = async (): Promise<number> => {
        const sink = await peer.open('sink');
        let sent = 0;
        for (; !until(); sent += piece.length) await sink.write(piece);
        sink.end();
        for await (const answer of sink)
          if (numberIn(answer) !== sent)
            throw new Error(`${sent} bytes were sent, and ${numberIn(answer)} came`);
        return sent;
      };
      const bytes = await Promise.all(Array.from({ length: count }, pour));
      return bytes.reduce((sum, sent) => sum + sent, 0) / 1e6;
    });
  };
}

/** Counts, and says when there were so many. */
class Tally {
  #count = 0;
  #awaited = Number.POSITIVE_INFINITY;
  #reached: (() => void) | undefined;

  add(): void {
    this.#count += 1;
    if (this.#count >= this.#awaited) this.#reached?.();
  }

  reach(count: number): Promise<void> {
    if (this.#count >= count) return Promise.resolve();
    this.#awaited = count;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }
}

/** Events that reach subscribers: 20 programs with 50 subscriptions each. */
async function fanOut(scene: Scene): Promise<Measured> {
  const perRound = 20;
  const peers = await scene.peers(20);
  const tally = new Tally();
  const subscriptions = await Promise.all(
    peers.flatMap((peer) =>
      Array.from({ length: 50 }, () => peer.subscribe('news', { messagesMax: 10_000, bytesMax: 64 << 20 })),
    ),
  );
  const loops = subscriptions.map(async (subscription) => {
    for await (const item of subscription) {
      if (item.kind === 'gap') throw new Error(`${item.missed} events were left out`);
      tally.add();
    }
  });
  const measured = await scene.measure(async (until) => {
    let expected = 0;
    while (!until()) {
      await peers[0]?.request('publish', new TextEncoder().encode(String(perRound)));
      expected += perRound * subscriptions.length;
      await tally.reach(expected);
    }
    return expected;
  });
  for (const subscription of subscriptions) subscription.close();
  await Promise.all(loops);
  return measured;
}

const cases: readonly Case[] = [
  { name: 'call-1x1', unit: 'ops/s', ours: calls(1, 1), bare: bareFrames(1, 1) },
  { name: 'call-64x1', unit: 'ops/s', ours: calls(64, 1), bare: bareFrames(64, 1) },
  { name: 'call-1x256', unit: 'ops/s', ours: calls(1, 256), bare: bareFrames(1, 256) },
  { name: 'send', unit: 'messages/s', ours: notes },
  { name: 'stream-1', unit: 'MB/s', ours: stream(1) },
  { name: 'stream-8', unit: 'MB/s', ours: stream(8) },
  { name: 'fan-out-1000', unit: 'events/s', ours: fanOut },
];

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function report({ name, unit }: Case, ours: readonly Measured[], bare: readonly Measured[]): void {
  const rate = median(ours.map(({ perSecond }) => perSecond));
  const cpuUs = median(ours.map((measured) => measured.cpuUs));
  const p99Us = median(ours.map((measured) => measured.p99Us ?? Number.NaN));
  const bareRate = median(bare.map(({ perSecond }) => perSecond));
  const ratio = rate / bareRate;
  if (options.json) {
    const beside = bare.length === 0 ? {} : { peer: 'bare frames', theirs: bareRate, ratio };
    const tail = Number.isNaN(p99Us) ? {} : { p99Us };
    console.log(
      JSON.stringify({ bench: 'net', case: name, ours: rate, unit, cpuUs, ...tail, ...beside, rounds }),
    );
    return;
  }
  const parts = [
    `${Math.round(rate).toLocaleString('en')} ${unit}`,
    `${cpuUs.toFixed(2)} µs of processor each`,
  ];
  if (!Number.isNaN(p99Us)) parts.push(`p99 ${Math.round(p99Us).toLocaleString('en')} µs`);
  if (bare.length > 0)
    parts.push(`bare frames ${Math.round(bareRate).toLocaleString('en')}: ${ratio.toFixed(2)} of them`);
  console.log(`${name.padEnd(14)} ${parts.join(' · ')}`);
}

async function run(): Promise<void> {
  const server = fork(join(import.meta.dirname, 'echo-server.ts'), { serialization: 'json' });
  const [ports] = (await once(server, 'message')) as [Ports];
  const scene = new Scene(server, ports);
  try {
    for (const one of cases) {
      if (wanted.length > 0 && !wanted.includes(one.name)) continue;
      const ours: Measured[] = [];
      const bare: Measured[] = [];
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await one.ours(scene));
        if (one.bare !== undefined) bare.push(await one.bare(scene));
      }
      report(one, ours, bare);
    }
  } finally {
    for (const messenger of scene.messengers) await messenger.close();
    server.disconnect();
  }
}

await run();
