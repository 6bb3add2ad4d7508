/**
 * What a member costs: sealing and opening one packet, in processor time, told as the median of the rounds; and whole
 * members on simulated machines, seals and all, at rest: how many packets and bytes each sends in a second of virtual
 * time, which should not depend on how many there are, and what processor time one of its seconds takes.
 *
 *   node bench/membership/membership.bench.ts [--json] [--rounds N] [--members 10,40,100]
 */
import { parseArgs } from 'node:util';
import { Envelope } from '../../src/membership/envelope.ts';
import { joinMembership, type Membership } from '../../src/membership/index.ts';
import { realCryptography, realRandom, runTurns } from '../../src/ports/real/index.ts';
import { World } from '../../src/sim/machine/index.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '21' },
    members: { type: 'string', default: '10,40,100' },
  },
});
const rounds = Number(options.rounds);
const keys = [new Uint8Array(32).fill(7)];

function told(name: string, figures: Readonly<Record<string, number>>): void {
  if (options.json) console.log(JSON.stringify({ name, ...figures }));
  else {
    const texts = Object.entries(figures).map(([unit, value]) => `${value.toFixed(1)} ${unit}`);
    console.log(`${name.padEnd(28)} ${texts.join(', ')}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] as number;
}

/** Of this process so far: what others do on the machine counts less than on a clock. */
function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function envelope(): Envelope {
  return new Envelope({ cluster: 'bench', keys, cryptography: realCryptography(), random: realRandom() });
}

function packets(bytes: number): void {
  const message = new Uint8Array(bytes).fill(3);
  const passes = 500;
  const sealUs: number[] = [];
  const openUs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [sender, receiver] = [envelope(), envelope()];
    const began = processorUs();
    const sealed = Array.from({ length: passes }, () => sender.close(message));
    const sealedAt = processorUs();
    for (const packet of sealed) if (typeof receiver.open(packet) === 'string') throw new Error('refused');
    sealUs.push((sealedAt - began) / passes);
    openUs.push((processorUs() - sealedAt) / passes);
  }
  told(`packet of ${bytes} bytes`, { 'µs to seal': median(sealUs), 'µs to open': median(openUs) });
}

async function atRest(count: number): Promise<void> {
  const world = new World({ seed: 1, turns: runTurns });
  const members: Membership[] = [];
  for (let number = 0; number < count; number += 1) {
    const name = `m${number}`;
    const program = async (
      machine: Parameters<NonNullable<Parameters<World['addMachine']>[0]['program']>>[0],
    ) => {
      const listen = { host: name, port: 7946 };
      members.push(
        await joinMembership({ id: name, cluster: 'bench', keys, listen, seeds: ['m0:7946'], machine }),
      );
    };
    world.addMachine({ name, program });
  }
  const isWhole = (): boolean =>
    members.length === count && members.every(({ live }) => live.length === count);
  await world.runWhile(() => !isWhole(), 600_000);
  if (!isWhole()) throw new Error('the members did not find each other');
  // The news of the joining are over.
  await world.run(world.nowMs + 30_000);
  const sum = (of: (member: Membership) => number): number =>
    members.reduce((total, member) => total + of(member), 0);
  const [packetsBefore, bytesBefore] = [
    sum(({ counters }) => counters.packetsSent),
    sum(({ counters }) => counters.packetBytesSent),
  ];
  const seconds = 60;
  const processorBefore = processorUs();
  await world.run(world.nowMs + seconds * 1_000);
  const spentUs = processorUs() - processorBefore;
  const per = count * seconds;
  told(`${count} members at rest`, {
    'packets/s each': (sum(({ counters }) => counters.packetsSent) - packetsBefore) / per,
    'bytes/s each': (sum(({ counters }) => counters.packetBytesSent) - bytesBefore) / per,
    'µs a second each': spentUs / per,
  });
}

for (const bytes of [60, 1_180]) packets(bytes);
for (const count of options.members.split(',').map(Number)) await atRest(count);
