import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryRecorder } from '../../src/sim/index.ts';
import { type Epoch, judgeEpoch } from './judge.ts';
import { type Fate, Ledger } from './ledger.ts';
import type { SeenEvent } from './system.ts';

const prefix = 't/e0/';
const key = `${prefix}r0-0`;
const list = `${prefix}l0-0`;

/** Two writes, a read between them and one behind, a list of two elements: as it should be. */
class Story {
  events: SeenEvent[] = [
    { key, value: 'v1', revision: 1 },
    { key: list, value: '["v2"]', revision: 2 },
    { key, value: 'v3', revision: 3 },
    { key: list, value: '["v2","v4"]', revision: 4 },
    { key: 't/barrier', value: 'b0', revision: 5 },
  ];
  /** What the second watcher saw where it differs. */
  others: SeenEvent[] | undefined;
  readonly ledger = new Ledger();
  firstRead: string | null = 'v1';
  lastRead: string | null = 'v3';
  listRead: string[] = ['v2', 'v4'];
  readonly final: Map<string, string> = new Map([
    [key, 'v3'],
    [list, '["v2","v4"]'],
  ]);

  constructor() {
    for (const { key: of, value = '', revision } of this.events)
      this.ledger.settle(of, value, { kind: 'acknowledged', revision });
  }

  settle(of: string, value: string, fate: Fate): void {
    this.ledger.settle(of, value, fate);
  }

  judge(): string[] {
    let now = 0;
    const clock = {
      now: () => {
        now += 1;
        return now;
      },
    };
    const registers = new HistoryRecorder(clock);
    const lists = new HistoryRecorder(clock);
    const client = registers.client();
    client.invoke({ f: 'write', key, value: 'v1' }).ok({ revision: 1 });
    client.invoke({ f: 'read', key }).ok({ value: this.firstRead, revision: 2 });
    client.invoke({ f: 'write', key, value: 'v3' }).ok({ revision: 3 });
    client.invoke({ f: 'read', key }).ok({ value: this.lastRead, revision: 4 });
    const transactor = lists.client();
    for (const value of ['v2', 'v4'])
      transactor
        .invoke({ f: 'txn', value: [['append', list, value]] })
        .ok({ value: [['append', list, value]] });
    transactor.invoke({ f: 'txn', value: [['r', list, null]] }).ok({ value: [['r', list, this.listRead]] });
    const epoch: Epoch = {
      registers: registers.history(),
      lists: lists.history(),
      ledger: this.ledger,
      prefix,
      watched: [this.events, this.others ?? this.events],
      final: this.final,
    };
    return judgeEpoch(epoch);
  }
}

test('an epoch in which all is well has no findings', () => {
  assert.deepEqual(new Story().judge(), []);
});

const wrongs: Readonly<Record<string, readonly [plant: (story: Story) => void, finding: RegExp]>> = {
  'a read from the past': [
    (story) => {
      story.lastRead = 'v1';
    },
    /registers are not linearizable/,
  ],
  'a list that lost an element': [
    (story) => {
      story.listRead = ['v4'];
    },
    /lists are not linearizable/,
  ],
  'a read that does not fit its revision': [
    (story) => {
      story.firstRead = null;
    },
    /a read of .* at revision 2 saw null, but it was v1/,
  ],
  'an acknowledged write that is lost': [
    (story) => story.settle(key, 'v9', { kind: 'acknowledged', revision: 4 }),
    /an acknowledged write is lost: .* = v9 at revision 4/,
  ],
  'an acknowledged write at another revision': [
    (story) => story.settle(key, 'v3', { kind: 'acknowledged', revision: 2 }),
    /acknowledged at revision 2, and seen as .* at revision 3/,
  ],
  'a refused write that was carried out': [
    (story) => story.settle(key, 'v3', { kind: 'refused' }),
    /refused, and carried out/,
  ],
  'a write that was carried out twice': [
    (story) => {
      story.events.splice(4, 0, { key, value: 'v3', revision: 5 });
    },
    /carried out twice/,
  ],
  'a write that nobody asked for': [
    (story) => {
      story.events.splice(4, 0, { key, value: 'v7', revision: 5 });
      story.final.set(key, 'v7');
    },
    /nobody wrote this/,
  ],
  'a key that vanished': [
    (story) => {
      story.events.splice(4, 0, { key, value: undefined, revision: 5 });
      story.final.delete(key);
    },
    /nobody deleted this yet/,
  ],
  'a watch that goes back': [
    (story) => {
      story.events.reverse();
    },
    /a watch went back/,
  ],
  'watchers that disagree': [
    (story) => {
      story.others = story.events.slice(1);
    },
    /the watchers of nodes 1 and 2 disagree at event 0/,
  ],
  'a watcher that missed the end': [
    (story) => {
      story.others = story.events.slice(0, -1);
    },
    /the watchers of nodes 1 and 2 disagree at event 4: .* and nothing/,
  ],
  'a state that the changes do not lead to': [
    (story) => {
      story.final.set(key, 'v1');
    },
    /ends as v1, and the last change made it v3/,
  ],
};

for (const [name, [plant, finding]] of Object.entries(wrongs)) {
  test(`it is found: ${name}`, () => {
    const story = new Story();
    plant(story);
    assert.match(story.judge().join('\n'), finding);
  });
}

test('a write of unknown outcome may be there or not', () => {
  const story = new Story();
  story.ledger.begin(key, 'v8');
  assert.deepEqual(story.judge(), []);
  story.events.splice(4, 0, { key, value: 'v8', revision: 5 });
  story.final.set(key, 'v8');
  assert.deepEqual(story.judge(), []);
});
