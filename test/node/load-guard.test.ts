/** A node with too much to do says so at once to those who would wait too long, and keeps alive what must live. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { Gatekeeper } from '../../src/node/gatekeeper.ts';
import { LoadGuard } from '../../src/node/load-guard.ts';
import { type Answering, answerQuestion } from '../../src/node/questions.ts';
import { append, type HostStory, host, lead } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

/** What begins with an exclamation mark keeps something alive. */
class Living extends RegisterMachine {
  keepsAlive([first]: Uint8Array): boolean {
    return first === 33;
  }
}

interface Story extends HostStory {
  readonly guard: LoadGuard;
  readonly heard: string[];
  readonly errors: QuorateError[];
  ask(kind: 'command' | 'read' | 'bounded-read', text: string, withinMs?: number): void;
  /** Member 2 has everything that the leader has. */
  agree(): void;
}

function story(members: readonly number[], bytesMax = 1_000): Story {
  const told = host(members, new Living());
  const { clock } = told;
  const guard = new LoadGuard({ clock, tickMs: 10, waitMsMax: 1_000, bytesMax });
  const heard: string[] = [];
  const errors: QuorateError[] = [];
  const gate = new Gatekeeper({
    random: { uint32: () => 1, fill: () => undefined },
    access: () => undefined,
    cryptography: undefined,
    catchUp: () => Promise.resolve(),
  });
  const answering: Answering = {
    gate,
    guard,
    host: () => told.host,
    membership: undefined as never,
    backups: undefined as never,
    status: () => new Uint8Array(0),
  };
  const ask: Story['ask'] = (kind, text, withinMs = 60_000) => {
    const waiter = {
      dueMs: clock.now() + withinMs,
      resolve: () => void heard.push(`${text} ok`),
      reject: (reason: unknown) => {
        assert.ok(reason instanceof QuorateError);
        errors.push(reason);
        heard.push(`${text} ${reason.code}`);
      },
    };
    const body = new TextEncoder().encode(text);
    try {
      const caller = { host: 'here', peerName: undefined, member: undefined, credential: undefined };
      answerQuestion(answering, { id: 1, kind, group: 0, body }, waiter, caller);
    } catch (error) {
      waiter.reject(error);
    }
  };
  const agree = (): void => {
    const { term, last } = told.host.status;
    const envelope = { group: 0, from: 2, to: 1, term };
    const message = { kind: 'append-accepted', match: last, damaged: false, ...envelope } as const;
    told.host.step({ kind: 'receive', message });
    told.settle();
  };
  return Object.assign(told, { guard, heard, errors, ask, agree });
}

function leaderOfTwo(bytesMax?: number): Story {
  const told = story([1, 2], bytesMax);
  told.host.step({ kind: 'campaign' });
  told.settle();
  for (const preVote of [true, false]) {
    const envelope = { group: 0, from: 2, to: 1, term: 1 };
    const message = { kind: 'vote-reply', preVote, granted: true, ...envelope } as const;
    told.host.step({ kind: 'receive', message });
    told.settle();
  }
  told.agree();
  assert.ok(told.host.leads);
  return told;
}

test('who would wait longer than it may is refused at once, with a time to come again, and nothing was applied', () => {
  const { ask, heard, errors, settle, clock, agree, guard, host: leader } = leaderOfTwo();
  ask('command', 'first');
  settle();
  clock.advance(400);
  ask('command', 'patient');
  ask('command', 'hurried', 300);
  settle();
  assert.deepEqual(heard, ['hurried overloaded']);
  const { last } = leader.status;
  clock.advance(700);
  ask('command', 'late');
  settle();
  assert.equal(leader.status.last, last, 'nothing was proposed');
  assert.deepEqual(heard, ['hurried overloaded', 'late overloaded']);
  assert.deepEqual(
    errors.map(({ data, outcome, retryable }) => [data, outcome, retryable]),
    [
      [{ waitMs: 400, retryAfterMs: 200 }, 'not-applied', true],
      [{ waitMs: 1_100, retryAfterMs: 550 }, 'not-applied', true],
    ],
  );
  assert.deepEqual(guard.figures, { refused: 2, isOverloaded: true, loopDelayMs: 0 });
  // What waited is done, and nobody waits any more.
  agree();
  ask('command', 'next', 50);
  settle();
  agree();
  assert.deepEqual(heard.slice(2), ['first ok', 'patient ok', 'next ok']);
  clock.advance(10_000);
  assert.deepEqual(guard.figures, { refused: 2, isOverloaded: false, loopDelayMs: 0 });
});

test('while commands come out slowly, those behind them have to expect the same', () => {
  const { ask, heard, settle, clock, agree } = leaderOfTwo();
  ask('command', 'slow');
  settle();
  clock.advance(800);
  ask('command', 'under way');
  agree();
  ask('command', 'hurried', 700);
  settle();
  assert.deepEqual(heard, ['slow ok', 'hurried overloaded']);
});

test('what keeps a lease alive passes where all else is refused, and goes before what came in the same turn', () => {
  const { ask, heard, settle, clock, agree, asked } = leaderOfTwo(10);
  ask('command', 'first');
  ask('command', 'too many bytes');
  ask('command', '!renewal');
  settle();
  assert.deepEqual(heard, ['too many bytes overloaded']);
  clock.advance(5_000);
  ask('command', 'late');
  ask('command', '!another', 10);
  settle();
  agree();
  assert.deepEqual(heard.slice(1), ['late overloaded', '!renewal ok', 'first ok', '!another ok']);
  const written = asked.flatMap((one) => (one.kind === 'persist' ? one.persist.entries : []));
  assert.deepEqual(
    written.flatMap(({ kind, data }) => (kind === 'command' ? [new TextDecoder().decode(data)] : [])),
    ['!renewal', 'first', '!another'],
  );
});

test('one command by itself has room, however large it is', () => {
  const { ask, heard, settle, agree } = leaderOfTwo(10);
  ask('command', 'larger than ten bytes');
  settle();
  agree();
  assert.deepEqual(heard, ['larger than ten bytes ok']);
});

test('a loop that is late again and again is late for reads too; one stall says nothing of what comes', () => {
  const { ask, heard, settle, clock, guard, ...told } = story([1]);
  lead({ ...told, clock, settle });
  const tick = (forMs: number): void => {
    clock.advance(forMs);
    guard.ticked(clock.now());
  };
  tick(10);
  tick(10);
  tick(5_000);
  ask('read', 'after a stall', 100);
  settle();
  assert.deepEqual(heard, ['after a stall ok']);
  tick(310);
  assert.equal(guard.figures.loopDelayMs, 300);
  ask('read', 'hurried', 100);
  ask('command', 'hurried too', 100);
  ask('bounded-read', 'and this', 100);
  ask('command', '!renewal', 100);
  ask('read', 'patient', 500);
  settle();
  assert.deepEqual(heard.slice(1).sort(), [
    '!renewal ok',
    'and this overloaded',
    'hurried overloaded',
    'hurried too overloaded',
    'patient ok',
  ]);
  tick(10);
  assert.equal(guard.figures.loopDelayMs, 0);
});

test('a node that does not lead says so, however much it has to do', () => {
  const told = story([1, 2]);
  told.host.step({ kind: 'receive', message: append(0, ['a'], 0) });
  told.settle();
  for (const forMs of [10, 5_010, 5_010]) {
    told.clock.advance(forMs);
    told.guard.ticked(told.clock.now());
  }
  told.ask('command', 'x', 100);
  told.settle();
  assert.deepEqual(told.heard, ['x not-leader']);
});
