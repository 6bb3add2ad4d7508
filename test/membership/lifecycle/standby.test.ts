/** Standbys that follow, take over and stand down, with an election in the hands of the story, and with a real one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from '../../../src/base/index.ts';
import {
  type ActContext,
  type FollowContext,
  HotStandby,
  type HotStandbyOptions,
  type Leaderships,
  NodeLifecycle,
} from '../../../src/membership/lifecycle/index.ts';
import { ManualClock, turn, until } from '../../net/manual-clock.ts';
import { Town } from '../../recipes/town.ts';
import { Ballot } from './ballot.ts';

const forever = (signal: AbortSignal): Promise<never> =>
  untilAborted(new Promise<never>(() => undefined), signal);

/** A standby whose task writes down what it does, and is warm when the story says so. */
class Story {
  readonly clock = new ManualClock();
  readonly ballot = new Ballot();
  readonly log: string[] = [];
  readonly standby: HotStandby;
  warm = (): void => undefined;
  /** How acting or following ends by itself. */
  end: (error?: unknown) => void = () => undefined;

  constructor(options: Partial<HotStandbyOptions> = {}) {
    this.standby = new HotStandby({
      name: 'ledger',
      clock: this.clock,
      leaderships: this.ballot,
      follow: (context) => this.#follow(context),
      act: (context) => this.#act(context),
      onState: (state) => this.log.push(state),
      ...options,
    });
  }

  start(): void {
    this.standby.start({ signal: new AbortController().signal, fail: () => undefined });
  }

  async untilLog(...lines: readonly string[]): Promise<void> {
    await until(() => this.log.length >= lines.length, lines.join());
    assert.deepEqual(this.log.splice(0), lines);
  }

  async #follow({ signal, warm }: FollowContext): Promise<void> {
    this.log.push('follow');
    this.warm = warm;
    await this.#untilEnd(signal, 'follow ends');
  }

  async #act({ signal, token }: ActContext): Promise<void> {
    this.log.push(`act ${token}`);
    await this.#untilEnd(signal, 'act ends');
  }

  async #untilEnd(signal: AbortSignal, line: string): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.end = (error) => (error === undefined ? resolve() : reject(error));
    });
    try {
      await untilAborted(ended, signal);
    } finally {
      // It takes its time to stand down.
      await turn();
      this.log.push(line);
    }
  }
}

test('a standby stands for election when it is warm, acts when it leads, and follows again when it is deposed', async () => {
  const story = new Story();
  story.start();
  await story.untilLog('cold', 'follow');
  assert.equal(story.ballot.candidates, 0, 'the cold do not stand for election');
  story.warm();
  await story.untilLog('warm');
  await until(() => story.ballot.candidates === 1, 'it stands for election');
  story.ballot.elect();
  await story.untilLog('follow ends', 'active', 'act 1');
  story.ballot.depose();
  await story.untilLog('act ends', 'cold', 'follow');
  assert.equal(story.ballot.candidates, 0, 'not before it has caught up again');
  story.warm();
  await story.untilLog('warm');
  await until(() => story.ballot.candidates === 1, 'it stands again');
  await story.standby.stop();
  await story.untilLog('follow ends', 'stopped');
  assert.equal(story.ballot.candidates, 0);
  await story.standby.stop();
  assert.equal(story.clock.timers, 0);
});

test('a standby that is stopped while it acts has stood down before the stop is over', async () => {
  const story = new Story();
  story.start();
  await story.untilLog('cold', 'follow');
  story.warm();
  await until(() => story.ballot.candidates === 1, 'it stands for election');
  story.ballot.elect();
  await story.untilLog('warm', 'follow ends', 'active', 'act 1');
  await story.standby.stop();
  await story.untilLog('act ends', 'cold', 'stopped');
  assert.equal(story.standby.state, 'stopped');
});

test('acting that fails, or ends by itself, gives leadership away and begins anew after a pause', async () => {
  for (const error of [new Error('broken'), undefined]) {
    const story = new Story();
    story.start();
    await story.untilLog('cold', 'follow');
    story.warm();
    await until(() => story.ballot.candidates === 1, 'it stands for election');
    story.ballot.elect();
    await story.untilLog('warm', 'follow ends', 'active', 'act 1');
    story.end(error);
    await story.untilLog('act ends', 'cold');
    await until(() => story.clock.timers === 1, 'it pauses');
    assert.equal(story.ballot.candidates, 0);
    story.clock.advance(1_000);
    await story.untilLog('follow');
    await story.standby.stop();
    assert.equal(story.clock.timers, 0);
  }
});

test('following that fails takes the candidate back, warm or not', async () => {
  const story = new Story();
  story.start();
  await story.untilLog('cold', 'follow');
  story.end(new Error('broken'));
  await story.untilLog('follow ends');
  await until(() => story.clock.timers === 1, 'it pauses');
  story.clock.advance(1_000);
  await story.untilLog('follow');
  story.warm();
  await until(() => story.ballot.candidates === 1, 'it stands for election');
  story.end(new Error('broken again'));
  await until(() => story.ballot.candidates === 0, 'who does not follow does not stand');
  await until(() => story.clock.timers === 1, 'it pauses');
  await story.standby.stop();
  assert.equal(story.standby.state, 'stopped');
  assert.equal(story.clock.timers, 0);
});

test('who reads the signal of what acts looks whether it still leads', async () => {
  const story = new Story();
  let isLost = false;
  const term = new AbortController();
  Object.defineProperty(term.signal, 'aborted', {
    get: () => isLost,
  });
  const leaderships: Leaderships = { lead: (task) => task({ signal: term.signal, token: 1 }) };
  const seen: boolean[] = [];
  const standby = new HotStandby({
    name: 'ledger',
    clock: story.clock,
    leaderships,
    follow: async ({ signal, warm }) => {
      warm();
      await forever(signal).catch(() => undefined);
    },
    act: async ({ signal }) => {
      seen.push(signal.aborted);
      isLost = true;
      seen.push(signal.aborted);
      await forever(signal);
    },
  });
  standby.start({ signal: new AbortController().signal, fail: () => undefined });
  await until(() => seen.length === 2, 'it has looked');
  await standby.stop();
  assert.deepEqual(seen, [false, true]);
});

test('over a real election: when the node that acts is cut off it has stood down, and the standby takes over', async () => {
  await using town = await Town.open();
  const acting = new Set<string>();
  let overlap = 0;
  const nodeOf = async (name: string) => {
    const { engine, coordination } = await town.program({ holder: name });
    const standby = new HotStandby({
      name: 'ledger',
      clock: engine.clock,
      leaderships: coordination.election('ledger'),
      follow: async ({ signal, warm }) => {
        warm();
        await forever(signal);
      },
      act: async ({ signal }) => {
        acting.add(name);
        overlap = Math.max(overlap, acting.size);
        await forever(signal).finally(() => acting.delete(name));
      },
    });
    return { engine, standby, node: new NodeLifecycle({ clock: engine.clock, components: [standby] }) };
  };
  const one = await nodeOf('one');
  const two = await nodeOf('two');
  await one.node.start();
  await until(() => acting.has('one'), 'one acts');
  await two.node.start();
  await town.untilItems('elections/ledger', 2);
  assert.equal(two.standby.state, 'warm');
  one.engine.isHeard = false;
  await one.engine.pass(10_000);
  await until(() => !acting.has('one'), 'one has stood down');
  one.engine.isHeard = true;
  await until(() => acting.has('two'), 'two acts');
  assert.equal(two.standby.state, 'active');
  await two.node.close();
  assert.equal(acting.has('two'), false);
  await one.node.close();
  assert.equal(overlap, 1);
});
