/** One watch between the line that it hears from and the reader who takes its batches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeEvent, KeyValue, WatchAnswer } from '../../../src/engines/etcd/answers.ts';
import { Layout } from '../../../src/engines/etcd/layout.ts';
import { EtcdWatch } from '../../../src/engines/etcd/watch.ts';
import type { Listener } from '../../../src/engines/etcd/watch-line.ts';
import type { WatchBatch } from '../../../src/engines/port/index.ts';
import { turn } from '../../net/manual-clock.ts';

interface Stage {
  readonly watch: EtcdWatch;
  /** Whoever stands on the line now. */
  listener(): Listener;
  /** How often it has asked for everything that is there. */
  listings: number;
}

function staged(from: number | undefined): Stage {
  const listeners: Listener[] = [];
  const stage: { listings: number } = { listings: 0 };
  const watch = new EtcdWatch({
    line: {
      add: (listener) => {
        listeners.push(listener);
        return () => listeners.splice(listeners.indexOf(listener), 1);
      },
    },
    layout: new Layout('quorate/'),
    key: new Uint8Array(1),
    end: undefined,
    from,
    signal: undefined,
    list: () => {
      stage.listings += 1;
      return Promise.resolve({ header: { cluster: '4d', revision: 90 }, items: [item(5)], count: 1 });
    },
    ended: () => undefined,
  });
  return Object.assign(stage, { watch, listener: () => listeners[0] as Listener });
}

function item(modified: number, bytes = 1): KeyValue {
  return {
    key: `quorate/a/${modified}`,
    created: modified,
    modified,
    value: new Uint8Array(bytes),
    lease: '',
  };
}

function told(events: readonly KeyValue[], part: Partial<WatchAnswer> = {}): WatchAnswer {
  return {
    header: { cluster: '4d', revision: 40 },
    id: 1,
    isCreated: false,
    isCanceled: false,
    compacted: 0,
    reason: '',
    isFragment: false,
    events: events.map((one): ChangeEvent => ({ kind: 'put', item: one })),
    ...part,
  };
}

/** Its next batch, with what it says while that is waited for. */
async function batchOf({ watch }: Stage, say: () => void): Promise<WatchBatch> {
  const next = watch.next();
  await turn();
  say();
  const { value } = await next;
  assert.ok(value !== undefined);
  return value;
}

function keysOf(batch: WatchBatch): string[] {
  return (batch.kind === 'present' ? batch.items : batch.events).map(({ key }) => key);
}

test('what comes in fragments is one batch', async () => {
  const stage = staged(3);
  const batch = await batchOf(stage, () => {
    stage.listener().answered(told([item(7)], { isFragment: true }));
    stage.listener().answered(told([item(8)]));
  });
  assert.deepEqual([batch.kind, keysOf(batch), batch.mark], ['changes', ['a/7', 'a/8'], '8']);
  assert.equal(stage.listener().next, 9);
});

test('fragments whose rest is lost are told again with it, and not twice', async () => {
  const stage = staged(3);
  const batch = await batchOf(stage, () => {
    stage.listener().answered(told([item(7)], { isFragment: true }));
    assert.equal(stage.listener().next, 4, 'it is asked for again from here');
    stage.listener().begun();
    stage.listener().answered(told([item(7), item(8)]));
  });
  assert.deepEqual(keysOf(batch), ['a/7', 'a/8']);
});

test('what was told is not told again', async () => {
  const stage = staged(3);
  await batchOf(stage, () => stage.listener().answered(told([item(7)])));
  const batch = await batchOf(stage, () => {
    stage.listener().answered(told([item(7)]));
    stage.listener().answered(told([item(7), item(9)]));
  });
  assert.deepEqual(keysOf(batch), ['a/9']);
});

test('a word that nothing has happened moves the place to go on from, and the first answer does not', async () => {
  const stage = staged(3);
  const next = stage.watch.next();
  await turn();
  stage.listener().answered(told([], { isCreated: true }));
  assert.equal(stage.listener().next, 4);
  stage.listener().answered(told([]));
  assert.equal(stage.listener().next, 41);
  await stage.watch.return();
  assert.equal((await next).done, true);
});

test('where history is gone it tells what is there, and goes on from there', async () => {
  const stage = staged(3);
  const batch = await batchOf(stage, () => stage.listener().compacted());
  assert.deepEqual([batch.kind, keysOf(batch), batch.mark], ['present', ['a/5'], '90']);
  assert.equal(stage.listener().next, 91);
});

const floods = [
  { name: 'many changes', answers: Array.from({ length: 4_097 }, (_, at) => told([item(10 + at)])) },
  { name: 'large changes', answers: Array.from({ length: 17 }, (_, at) => told([item(10 + at, 1 << 20)])) },
];

for (const { name, answers } of floods)
  test(`a reader who is too slow for ${name} hears what is there instead`, async () => {
    const stage = staged(3);
    await batchOf(stage, () => stage.listener().answered(told([item(7)])));
    const listener = stage.listener();
    for (const answer of answers) listener.answered(answer);
    assert.equal(stage.listener(), undefined, 'it has left the line');
    const { value } = await stage.watch.next();
    assert.deepEqual([value?.kind, stage.listings], ['present', 1]);
  });

test('a reader who keeps up may hear of any number', async () => {
  const stage = staged(3);
  for (let at = 0; at < 5_000; at += 1) {
    const batch = await batchOf(stage, () => stage.listener().answered(told([item(10 + at)])));
    assert.equal(batch.kind, 'changes');
  }
  assert.equal(stage.listings, 0);
});
