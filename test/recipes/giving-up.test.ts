/** Who waits while the server gives no answer is told when his own time is over, or when he wants no more, and the truth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, type Outcome } from '../../src/base/index.ts';
import { turn } from '../net/manual-clock.ts';
import { type Program, Town } from './town.ts';

interface Time {
  readonly wait?: number;
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

interface Row {
  readonly name: string;
  /** While the server still answers; with what it returns it is asked behind that. */
  readonly arrange: (program: Program) => Promise<(time: Time) => Promise<unknown>>;
  /** From then on nothing arrives, or nothing is answered. */
  readonly fault: 'silent' | 'unheard';
  /** What it says of the outcome. */
  readonly outcome: Outcome;
  /** Which of the two the caller names. Default `wait`. */
  readonly by?: 'deadline';
}

const timeMs = 300;

/** A session is there from then on. */
async function withSession({ coordination }: Program): Promise<void> {
  await (await coordination.lock('other').acquire()).release();
}

const rows: readonly Row[] = [
  {
    name: 'to enter a double barrier with no session yet',
    arrange: async ({ coordination }) => {
      const door = coordination.doubleBarrier('phase', 2);
      return (time) => door.enter(time);
    },
    fault: 'silent',
    outcome: 'not-applied',
  },
  {
    name: 'to enter a double barrier by a place that nobody answers',
    arrange: async (program) => {
      await withSession(program);
      const door = program.coordination.doubleBarrier('phase', 2);
      return (time) => door.enter(time);
    },
    fault: 'unheard',
    outcome: 'unknown',
  },
  {
    name: 'to enter a double barrier whose round he is to begin',
    arrange: async (program) => {
      const first = program.coordination.doubleBarrier('phase', 2).enter();
      first.catch(() => undefined);
      const { engine } = program;
      return async (time) => {
        const door = program.coordination.doubleBarrier('phase', 2);
        engine.fault = 'none';
        const second = door.enter(time);
        await untilAppended(program, 2);
        engine.fault = 'silent';
        return await second;
      };
    },
    fault: 'silent',
    outcome: 'unknown',
  },
  {
    name: 'to leave a double barrier',
    arrange: async ({ coordination }) => {
      const door = coordination.doubleBarrier('phase', 2);
      const [inside] = await Promise.all([door.enter(), door.enter()]);
      return (time) => inside.leave(time);
    },
    fault: 'silent',
    outcome: 'unknown',
  },
  {
    name: 'to wait at a latch whose count is not agreed',
    arrange: async ({ coordination }) => {
      const latch = coordination.latch('loaded', 2);
      return (time) => latch.wait(time);
    },
    fault: 'silent',
    outcome: 'not-applied',
  },
  {
    name: 'to take from a queue whose settings are not agreed',
    arrange: async ({ coordination }) => {
      const queue = coordination.queue('mails');
      return (time) => queue.take(time);
    },
    fault: 'silent',
    outcome: 'not-applied',
  },
  ...(['wait', 'deadline'] as const).flatMap((by): readonly Row[] => {
    const given = by === 'wait' ? {} : { by };
    const what = by === 'wait' ? 'take' : 'try to take';
    const arrange: Row['arrange'] = async ({ coordination, engine }) => {
      const queue = coordination.queue('mails');
      await queue.put('first');
      // What lies there is seen, and then it cannot be taken.
      return async (time) => {
        const { fault } = engine;
        engine.fault = 'none';
        const taking = by === 'wait' ? queue.take(time) : queue.tryTake(time);
        engine.onAnswer = (asked, where) => {
          if (asked === 'list' && where.endsWith('/items-0')) engine.fault = fault;
        };
        return await taking;
      };
    };
    return [
      {
        name: `to ${what} from a queue with no session yet`,
        arrange,
        fault: 'silent',
        outcome: 'not-applied',
        ...given,
      },
      {
        name: `to ${what} an item that is never answered`,
        arrange: async (program) => {
          await withSession(program);
          return await arrange(program);
        },
        fault: 'unheard',
        outcome: 'unknown',
        ...given,
      },
    ];
  }),
  {
    name: 'to join a group with no session yet',
    arrange: async ({ coordination }) => {
      const group = coordination.group('web');
      return (time) => group.join('me', 1, time);
    },
    fault: 'silent',
    outcome: 'not-applied',
  },
  {
    name: 'to join a group and is not answered',
    arrange: async (program) => {
      await withSession(program);
      const group = program.coordination.group('web');
      return (time) => group.join('me', 1, time);
    },
    fault: 'unheard',
    outcome: 'unknown',
  },
];

async function untilAppended({ engine }: Program, count: number): Promise<void> {
  while (engine.transacted.filter(({ operations: [one] }) => one?.kind === 'append').length < count)
    await turn();
}

interface Told {
  error: unknown;
}

/** What it rejects with; undefined while it has not. */
function refusalOf(asked: Promise<unknown>): Told {
  const told: Told = { error: undefined };
  asked.then(
    () => assert.fail('it was granted'),
    (error: unknown) => {
      told.error = error;
    },
  );
  return told;
}

async function someTurns(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) await turn();
}

/** The server answers again, and what was left to do is done. */
async function mended({ engine }: Program): Promise<void> {
  engine.fault = 'none';
  engine.onAnswer = () => undefined;
  await engine.pass(10_000);
}

for (const { name, arrange, fault, outcome, by = 'wait' } of rows) {
  test(`who wants ${name} hears when his time is over`, async () => {
    await using town = await Town.open();
    const program = await town.program();
    const { engine } = program;
    const ask = await arrange(program);
    engine.fault = fault;
    const told = refusalOf(ask({ [by]: timeMs }));
    await someTurns();
    const early = told.error;
    await engine.pass(timeMs);
    await someTurns();
    const { error } = told;
    await mended(program);
    assert.equal(early, undefined, 'it had time left');
    assert.ok(isQuorateError(error), 'nobody was told');
    assert.deepEqual([error.code, error.outcome], ['deadline-exceeded', outcome]);
  });

  test(`who wants ${name} and then wants no more hears that at once`, async () => {
    await using town = await Town.open();
    const program = await town.program();
    const { engine } = program;
    const ask = await arrange(program);
    engine.fault = fault;
    const leaving = new AbortController();
    const told = refusalOf(ask({ signal: leaving.signal }));
    await someTurns();
    const enough = new Error('enough');
    leaving.abort(enough);
    await someTurns();
    const { error } = told;
    await mended(program);
    assert.equal(error, enough);
  });
}
