/**
 * What an event of the simulated world costs: timers, messages that are echoed, writes that are synced. A
 * simulation of five nodes lives on a few thousand of these per simulated second, so each microsecond here is
 * felt in every seed. Run it with `node bench/sim/machine.bench.ts`; `--json` prints one line a case.
 */
import type { Machine } from '../../src/ports/index.ts';
import { runTurns } from '../../src/ports/real/index.ts';
import { World } from '../../src/sim/machine/index.ts';

interface Case {
  readonly name: string;
  /** What one operation is. */
  readonly unit: string;
  /** Runs so many operations in a world of its own. */
  run(operations: number): Promise<void>;
  readonly operations: number;
}

function makeWorld(): World {
  return new World({ seed: 1, turns: runTurns });
}

async function finished(world: World, programs: readonly Promise<void>[]): Promise<void> {
  let over = false;
  void Promise.all(programs).then(() => {
    over = true;
  });
  await world.runWhile(() => !over, Number.POSITIVE_INFINITY);
}

/** Starts a program on a new machine; the promise resolves when it calls back. */
function start(
  world: World,
  name: string,
  program: (machine: Machine, done: () => void) => void | Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  world.addMachine({ name, program: (machine) => program(machine, resolve) });
  return promise;
}

function repeatTimer({ clock }: Machine, times: number, done: () => void): void {
  let left = times;
  const tick = (): void => {
    left -= 1;
    if (left > 0) clock.setTimer(10, tick);
    else done();
  };
  clock.setTimer(10, tick);
}

function timers(machines: number): Case {
  return {
    name: `timer-${machines}`,
    unit: 'timer',
    operations: 2_000_000,
    run: async (operations) => {
      const world = makeWorld();
      const each = operations / machines;
      const programs = Array.from({ length: machines }, (_, index) =>
        start(world, `m${index}`, (machine, done) => repeatTimer(machine, each, done)),
      );
      await finished(world, programs);
    },
  };
}

/** A timer set for later and cancelled at once: what every request's deadline is. */
const cancelledTimers: Case = {
  name: 'timer-with-deadline',
  unit: 'timer',
  operations: 1_000_000,
  run: async (operations) => {
    const world = makeWorld();
    const program = start(world, 'a', (machine, done) => {
      let left = operations;
      const tick = (): void => {
        const deadline = machine.clock.setTimer(5_000, () => undefined);
        left -= 1;
        if (left > 0) machine.clock.setTimer(1, tick);
        else done();
        deadline.cancel();
      };
      tick();
    });
    await finished(world, [program]);
  },
};

const sleepers: Case = {
  name: 'timer-awaited',
  unit: 'timer',
  operations: 1_000_000,
  run: async (operations) => {
    const world = makeWorld();
    const program = start(world, 'a', async ({ clock }, done) => {
      for (let left = operations; left > 0; left -= 1) {
        await new Promise<void>((resolve) => void clock.setTimer(10, resolve));
      }
      done();
    });
    await finished(world, [program]);
  },
};

async function serveEcho({ network }: Machine): Promise<void> {
  await network.listen({ address: { host: 'server', port: 80 } }, (connection) => {
    connection.start({
      received: (bytes) => void connection.write(bytes.slice()),
      drained: () => undefined,
      ended: () => connection.end(),
      closed: () => undefined,
    });
  });
}

const message = new Uint8Array(200);

/** Sends one message, waits for all of it to come back, and sends the next. */
async function callEcho({ network, clock }: Machine, times: number, done: () => void): Promise<void> {
  await new Promise<void>((resolve) => void clock.setTimer(10, resolve));
  const connection = await network.connect({ address: { host: 'server', port: 80 } });
  let left = times;
  let missing = message.length;
  connection.start({
    received: (bytes) => {
      missing -= bytes.length;
      if (missing > 0) return;
      missing = message.length;
      left -= 1;
      if (left > 0) connection.write(message);
      else done();
    },
    drained: () => undefined,
    ended: () => undefined,
    closed: () => undefined,
  });
  connection.write(message);
}

function echo(clients: number): Case {
  return {
    name: `message-${clients}`,
    unit: 'message one way',
    operations: 1_000_000,
    run: async (operations) => {
      const world = makeWorld();
      world.addMachine({ name: 'server', program: serveEcho });
      const each = operations / 2 / clients;
      const programs = Array.from({ length: clients }, (_, index) =>
        start(world, `c${index}`, (machine, done) => void callEcho(machine, each, done)),
      );
      await finished(world, programs);
    },
  };
}

function writes(name: string, durableWrites: boolean, bytes: number, operations: number): Case {
  return {
    name,
    unit: durableWrites ? 'durable write' : 'write and sync',
    operations,
    run: async (times) => {
      const world = makeWorld();
      const program = start(world, 'a', async ({ disk }, done) => {
        const file = await disk.open('/log', { create: 'if-missing', durableWrites });
        const record = new Uint8Array(bytes).fill(7);
        const fileBytes = 8 * 1024 * 1024;
        for (let index = 0; index < times; index += 1) {
          await file.write(record, (index * bytes) % fileBytes);
          if (!durableWrites) await file.sync();
        }
        done();
      });
      await finished(world, [program]);
    },
  };
}

const cases: readonly Case[] = [
  timers(1),
  timers(5),
  timers(1000),
  cancelledTimers,
  sleepers,
  echo(1),
  echo(20),
  writes('write-300B-durable', true, 300, 300_000),
  writes('write-300B-then-sync', false, 300, 300_000),
  writes('write-64KiB-durable', true, 65_536, 20_000),
];

const json = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
for (const { name, unit, operations, run } of cases) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const rounds: number[] = [];
  await run(operations / 10);
  for (let round = 0; round < 5; round += 1) {
    const startMs = performance.now();
    await run(operations);
    rounds.push(((performance.now() - startMs) * 1e6) / operations);
  }
  const ns = rounds.sort((left, right) => left - right)[2] as number;
  if (json)
    console.log(
      JSON.stringify({ bench: 'sim-machine', case: name, ours: ns, unit: `ns/${unit}`, rounds: 5 }),
    );
  else console.log(`${name.padEnd(24)} ${ns.toFixed(0).padStart(7)} ns per ${unit}`);
}
