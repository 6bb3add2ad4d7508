/** Nodes that start, join, leave and fail, with time in the hands of the story. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../../src/base/index.ts';
import { type Component, NodeLifecycle } from '../../../src/membership/lifecycle/index.ts';
import { turn, until } from '../../net/manual-clock.ts';
import { refuses } from '../../time/refusals.ts';
import { Story } from './lifecycle-story.ts';
import { deferred } from './parts.ts';

test('a node starts its parts in order, joins, runs, and stops them in reverse', async () => {
  using story = new Story();
  const { log } = story;
  const node = story.node({
    components: [
      story.part('door', { needs: ['store', 'net'] }),
      story.part('net'),
      story.part('store', { needs: ['disk'] }),
      story.part('disk'),
    ],
    join: async () => void log.push('join'),
    leave: async () => void log.push('leave'),
  });
  refuses(() => node.assertRunning(), 'not-running', { state: 'stopped' });
  await node.start();
  node.assertRunning();
  await node.close();
  assert.deepEqual(log, [
    ...['starting', 'start disk', 'start store', 'start net', 'start door', 'joining', 'join', 'running'],
    ...['leaving', 'leave', 'stop door', 'stop net', 'stop store', 'stop disk', 'stopped'],
  ]);
  await node.close();
  assert.equal(story.clock.timers, 0);
  refuses(() => node.assertServing(), 'not-running', { state: 'stopped' });
});

test('a part that does not start fails the node, and those before it are stopped in reverse', async () => {
  using story = new Story();
  const broken = new Error('no disk');
  const fails = { start: () => Promise.reject(broken) };
  const node = story.node({
    components: [story.part('a'), story.part('b'), story.part('c', fails), story.part('d')],
  });
  await assert.rejects(node.start(), broken);
  assert.deepEqual(story.log, ['starting', 'start a', 'start b', 'start c', 'failed', 'stop b', 'stop a']);
  assert.deepEqual(node.state, { kind: 'failed', error: broken });
  assert.throws(
    () => node.assertRunning(),
    (error) => error instanceof QuorateError && error.cause === broken && !error.retryable,
  );
  await node.close();
  assert.equal(node.state.kind, 'failed');
  await assert.rejects(node.start(), broken);
  assert.equal(story.clock.timers, 0);
});

test('a part that starts too slowly is given up, and stopped if it starts after all', async () => {
  using story = new Story();
  const slow = deferred();
  let isAborted = false;
  const start = ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    signal.addEventListener('abort', () => {
      isAborted = true;
    });
    return slow.promise;
  };
  const node = story.node({ components: [story.part('a'), story.part('slow', { start })] });
  const starting = node.start();
  const rejected = assert.rejects(starting, { code: 'deadline-exceeded' });
  await until(() => story.log.includes('start slow'), 'it starts');
  story.clock.advance(4_999);
  await turn();
  assert.equal(node.state.kind, 'starting');
  story.clock.advance(1);
  await rejected;
  assert.ok(isAborted);
  assert.deepEqual(story.log.slice(-2), ['failed', 'stop a']);
  slow.resolve();
  await until(() => story.log.includes('stop slow'), 'what started late is stopped');
  assert.equal(story.clock.timers, 0);
});

test('a part that starts in the very turn in which the node is closed is stopped all the same', async () => {
  for (const isClosedFirst of [true, false]) {
    using story = new Story();
    const gate = deferred();
    const node = story.node({
      components: [story.part('a', { start: () => gate.promise }), story.part('b')],
    });
    const starting = assert.rejects(node.start(), { code: 'closed' });
    await until(() => story.log.includes('start a'), 'it starts');
    let closing: Promise<void> | undefined;
    if (isClosedFirst) closing = node.close();
    gate.resolve();
    closing ??= node.close();
    await closing;
    await starting;
    await until(() => story.log.includes('stop a'), 'it is stopped');
    assert.equal(story.log.filter((line) => line === 'stop a').length, 1);
    assert.equal(story.log.includes('start b'), false);
    assert.equal(node.state.kind, 'stopped');
  }
});

test('a part that does not stop is left behind, told of, and holds up nobody', async () => {
  using story = new Story();
  const stop = (): Promise<void> => new Promise(() => undefined);
  const broken = { stop: () => Promise.reject(new Error('stuck')) };
  const node = story.node({
    components: [story.part('a'), story.part('b', { stop }), story.part('c', broken)],
  });
  await node.start();
  const closing = node.close();
  await until(() => story.log.includes('stop b'), 'b is asked');
  story.clock.advance(2_000);
  await closing;
  assert.deepEqual(story.log.slice(-4), ['stop c', 'stop b', 'stop a', 'stopped']);
  assert.deepEqual(story.problems, ['stopping c', 'stopping b']);
  assert.equal(node.state.kind === 'stopped' && node.state.problems.length, 2);
});

test('a part that fails later fails the node, which stops the rest', async () => {
  using story = new Story();
  let fail: (error: unknown) => void = () => undefined;
  const start = (context: { readonly fail: (error: unknown) => void }): void => {
    fail = context.fail;
  };
  const node = story.node({ components: [story.part('a'), story.part('b', { start })] });
  await node.start();
  const broken = new Error('the disk is gone');
  fail(broken);
  refuses(() => node.assertServing(), 'not-running', { state: 'failed' });
  fail(new Error('and again'));
  await node.close();
  assert.deepEqual(story.log.slice(-3), ['failed', 'stop b', 'stop a']);
  assert.deepEqual(node.state, { kind: 'failed', error: broken });
});

test('a node is closed before it starts, while it starts, and while it joins', async () => {
  using story = new Story();
  const unused = story.node({ components: [story.part('unused')] });
  await unused.close();
  await assert.rejects(unused.start(), { code: 'not-running' });

  const joining = story.node({ components: [story.part('a')], join: () => new Promise(() => undefined) });
  const rejected = assert.rejects(joining.start(), { code: 'closed' });
  await until(() => joining.state.kind === 'joining', 'it joins');
  await joining.close();
  await rejected;
  assert.equal(joining.state.kind, 'stopped');
  assert.deepEqual(story.log.slice(-3), ['leaving', 'stop a', 'stopped']);
  assert.equal(story.clock.timers, 0);
});

test('who gives up the start hears his own reason, and nothing is left running', async () => {
  using story = new Story();
  const node = story.node({ components: [story.part('a')], join: () => new Promise(() => undefined) });
  const giving = new AbortController();
  const rejected = assert.rejects(node.start({ signal: giving.signal }), { message: 'enough' });
  await until(() => node.state.kind === 'joining', 'it joins');
  giving.abort(new Error('enough'));
  await rejected;
  assert.deepEqual(story.log.slice(-2), ['stop a', 'stopped']);
  await assert.rejects(node.start({ signal: AbortSignal.abort(new Error('too late')) }), {
    message: 'too late',
  });
});

test('a node that cannot join in time fails', async () => {
  using story = new Story();
  const node = story.node({
    components: [story.part('a')],
    join: () => new Promise(() => undefined),
    joinWithin: '20s',
  });
  const rejected = assert.rejects(node.start(), { code: 'deadline-exceeded' });
  await until(() => node.state.kind === 'joining', 'it joins');
  story.clock.advance(20_000);
  await rejected;
  assert.deepEqual(story.log.slice(-2), ['failed', 'stop a']);
});

test('each state has a handler, one that throws changes nothing, and steps are told in order', async () => {
  using story = new Story();
  const heard: string[] = [];
  const node = new NodeLifecycle({
    clock: story.clock,
    on: {
      starting: (_, from) => heard.push(`starting from ${from.kind}`),
      running: () => {
        node.degrade('at once');
        throw new Error('a handler fails');
      },
      degraded: ({ why }) => heard.push(`degraded: ${why}`),
      stopped: ({ problems }) => heard.push(`stopped with ${problems.length} problems`),
    },
  });
  const order: string[] = [];
  const listening = node.subscribe(({ kind }) => order.push(kind));
  await node.start();
  listening[Symbol.dispose]();
  await node.close();
  assert.deepEqual(heard, ['starting from stopped', 'degraded: at once', 'stopped with 0 problems']);
  assert.deepEqual(order, ['starting', 'joining', 'running', 'degraded']);
  assert.deepEqual(story.problems, ['telling that the node is running']);
});

test('a node that has joined when nobody waited any more says goodbye all the same, once', async () => {
  using story = new Story();
  for (const isInTime of [true, false]) {
    story.log.length = 0;
    const gate = deferred();
    const leave = async (): Promise<void> => void story.log.push('goodbye');
    const node = story.node({ join: () => gate.promise, leave });
    const starting = assert.rejects(node.start(), { code: 'closed' });
    await until(() => node.state.kind === 'joining', 'it joins');
    if (isInTime) gate.resolve();
    const closing = node.close();
    gate.resolve();
    await closing;
    await starting;
    await until(() => story.log.includes('goodbye'), 'it says goodbye');
    await turn();
    assert.equal(story.log.filter((line) => line === 'goodbye').length, 1);
  }
});

test('a part that fails while it is being stopped is told of', async () => {
  using story = new Story();
  let fail: (error: unknown) => void = () => undefined;
  const start = (context: { readonly fail: (error: unknown) => void }): void => {
    fail = context.fail;
  };
  const node = story.node({
    components: [story.part('a', { start, stop: () => fail(new Error('at last')) })],
  });
  await node.start();
  await node.close();
  assert.equal(node.state.kind, 'stopped');
  assert.deepEqual(story.problems, ['a component that is stopped']);
});

test('a goodbye that hangs is given up, and parts are stopped all the same', async () => {
  using story = new Story();
  const node = story.node({ components: [story.part('a')], leave: () => new Promise(() => undefined) });
  await node.start();
  const closing = node.close();
  await until(() => story.clock.timers === 1, 'it says goodbye');
  story.clock.advance(10_000);
  await closing;
  assert.deepEqual(story.log.slice(-3), ['leaving', 'stop a', 'stopped']);
  assert.deepEqual(story.problems, ['leaving']);
});

test('components and times that make no sense are refused by name', () => {
  using story = new Story();
  const make =
    (...components: readonly Component[]) =>
    () =>
      story.node({ components });
  refuses(make(story.part('a'), story.part('a')), 'invalid-option');
  refuses(make(story.part('')), 'invalid-option');
  refuses(make(story.part('a', { needs: ['b'] })), 'invalid-option');
  const circle = [
    story.part('a', { needs: ['b'] }),
    story.part('b', { needs: ['c'] }),
    story.part('c', { needs: ['a'] }),
  ];
  refuses(make(...circle), 'invalid-option', {
    option: 'components.needs',
    value: 'a → b → c → a',
    expected: 'needs that do not go in a circle',
  });
  refuses(() => story.node({ joinWithin: -1 }), 'invalid-option');
  refuses(
    () => story.node({ recoveries: [{ name: 'x', recover: () => undefined, within: -1 }] }),
    'invalid-option',
  );
});
