/** A member that may have been removed, or is cut off, must not be listened to for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuorateError } from '../../src/base/index.ts';
import type { DurableState, Subscriber, Subscription } from '../../src/node/state-machine.ts';
import { throwsWith } from '../ports/expectations.ts';
import { append, type HostStory, host } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

/** Tells nothing by itself, and counts who listens. */
class Told extends RegisterMachine {
  readonly listening = new Set<Subscriber>();

  subscribe(_: Uint8Array, subscriber: Subscriber): Subscription {
    this.listening.add(subscriber);
    return { resume: () => undefined, close: () => this.listening.delete(subscriber) };
  }
}

/** Its disk takes one entry at a time, when it is told to. */
class Slow extends Told {
  #taken = Promise.withResolvers<void>();
  readonly durable: DurableState;

  constructor() {
    super();
    const room = (): Promise<void> => this.#taken.promise;
    this.durable = {
      index: 0,
      get room() {
        return room();
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  /** Resolves when the host has gone on. */
  take(): Promise<void> {
    const taken = this.#taken;
    this.#taken = Promise.withResolvers<void>();
    taken.resolve();
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const query = new Uint8Array(0);

function pass(story: HostStory, milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    story.clock.advance(10);
    story.host.tick(story.clock.now());
    story.settle();
  }
}

function hearLeader(story: HostStory, previous: number): void {
  assert.ok(story.host.step({ kind: 'receive', message: append(previous, ['x'], previous) }).accepted);
  story.settle();
}

test('35 · a member that hears no leader for long lets its watches go, and takes none until it does', () => {
  const machine = new Told();
  const story = host([1, 2], machine);
  const ends: QuorateError[] = [];
  const subscriber = { deliver: () => true, end: (error: QuorateError) => ends.push(error) };
  hearLeader(story, 0);
  story.host.subscribe(query, subscriber);
  pass(story, 100);
  assert.equal(story.host.behindMs, 0);
  pass(story, 4_900);
  assert.deepEqual([ends.length, machine.listening.size], [0, 1]);
  pass(story, 500);
  assert.ok(story.host.behindMs > 5_000);
  assert.deepEqual(
    ends.map(({ code, retryable }) => [code, retryable]),
    [['read-lost', true]],
  );
  assert.equal(machine.listening.size, 0);
  throwsWith('read-lost', () => story.host.subscribe(query, subscriber));
  hearLeader(story, 1);
  pass(story, 10);
  assert.equal(story.host.behindMs, 0);
  story.host.subscribe(query, subscriber);
  assert.equal(machine.listening.size, 1);
});

test('35 · a member whose disk takes nothing lets its watches go, and takes none until it does', () => {
  const machine = new Told();
  const story = host([1, 2], machine);
  const ends: QuorateError[] = [];
  const subscriber = { deliver: () => true, end: (error: QuorateError) => ends.push(error) };
  hearLeader(story, 0);
  story.host.subscribe(query, subscriber);
  /** The leader is heard again and again, and nothing that it says can be written. */
  const hearInVain = (milliseconds: number): void => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      story.clock.advance(10);
      assert.ok(story.host.step({ kind: 'receive', message: append(1, ['y'], 1) }).accepted);
      story.host.tick(story.clock.now());
      story.host.drain();
    }
  };
  hearInVain(5_500);
  assert.deepEqual([ends.length, machine.listening.size], [0, 1]);
  hearInVain(500);
  assert.deepEqual(
    ends.map(({ code, retryable }) => [code, retryable]),
    [['read-lost', true]],
  );
  assert.equal(machine.listening.size, 0);
  throwsWith('read-lost', () => story.host.subscribe(query, subscriber));
  story.settle();
  pass(story, 10);
  story.host.subscribe(query, subscriber);
  assert.equal(machine.listening.size, 1);
});

test('35 · a member whose state is written slowly keeps its watches, and lets them go when nothing of it is', async () => {
  const machine = new Slow();
  const story = host([1, 2], machine);
  const ends: QuorateError[] = [];
  const subscriber = { deliver: () => true, end: (error: QuorateError) => ends.push(error) };
  hearLeader(story, 0);
  story.host.subscribe(query, subscriber);
  const entries = Array.from({ length: 100 }, (_, place) => String(place));
  assert.ok(story.host.step({ kind: 'receive', message: append(1, entries, 101) }).accepted);
  story.settle();
  const hear = (milliseconds: number): void => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      assert.ok(story.host.step({ kind: 'receive', message: append(101, [], 101) }).accepted);
      pass(story, 10);
    }
  };
  for (let second = 0; second < 20; second += 1) {
    hear(1_000);
    await machine.take();
  }
  assert.deepEqual([ends.length, machine.applied], [0, 21]);
  hear(5_500);
  assert.deepEqual(
    ends.map(({ code }) => code),
    ['read-lost'],
  );
});

test('a member that hears its leader keeps its watches for as long as it does', () => {
  const machine = new Told();
  const story = host([1, 2], machine);
  const ends: QuorateError[] = [];
  hearLeader(story, 0);
  story.host.subscribe(query, { deliver: () => true, end: (error) => ends.push(error) });
  for (let index = 1; index <= 100; index += 1) {
    pass(story, 100);
    hearLeader(story, index);
  }
  assert.deepEqual([ends.length, machine.listening.size], [0, 1]);
});
