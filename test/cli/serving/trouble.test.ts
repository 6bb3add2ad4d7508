/** What degrades a served node, row by row, and how its lifecycle hears of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TroubleWatch, troubleOf } from '../../../src/cli/serving/trouble.ts';
import { emptyConfiguration, RaftGroup, type RaftStatus } from '../../../src/raft/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';

interface Row {
  readonly damage?: RaftStatus['damage'];
  readonly full?: boolean;
  readonly behindMs?: number;
  readonly says: RegExp | undefined;
}

const rows: Readonly<Record<string, Row>> = {
  'all is well': { says: undefined },
  'an election goes on': { behindMs: 5_000, says: undefined },
  'no leader for long': { behindMs: 5_001, says: /for more than 5 s it has heard no leader/ },
  'entries are lost': { damage: 'entries', behindMs: 9_000, says: /takes from its peers/ },
  'a vote may be lost': { damage: 'vote', full: true, says: /may have lost a vote/ },
  'the disk is full': { full: true, behindMs: 9_000, says: /its disk is full/ },
};

for (const [name, { damage = 'none', full = false, behindMs = 0, says }] of Object.entries(rows)) {
  test(`${name}: ${says === undefined ? 'no trouble' : 'degraded'}`, () => {
    const fresh = new RaftGroup(
      { group: 0, member: 1, seed: 1 },
      { configuration: { ...emptyConfiguration, voters: [1, 2] } },
    ).status();
    const found = troubleOf({
      status: {
        cluster: 'c',
        member: 1,
        levels: { least: 1, most: 1 },
        groups: new Map([
          [0, fresh],
          [1, { ...fresh, damage }],
        ]),
        behindMs,
        refusedConnections: 0,
        load: { refused: 0, isOverloaded: false, loopDelayMs: 0 },
      },
      log: {
        oldestSegment: 1,
        activeSegment: 1,
        waitingBytes: 0,
        liveBytes: 0,
        flushes: 0,
        writtenBytes: 0,
        full,
        failure: undefined,
      },
    });
    if (says === undefined) assert.equal(found, undefined);
    else assert.match(String(found), says);
  });
}

test('trouble is told once for as long as it lasts, again where it could not be heard, and its end too', () => {
  const clock = new ManualClock();
  const heard: string[] = [];
  let trouble: string | undefined;
  let listens = true;
  const told = (what: string): boolean => {
    if (listens) heard.push(what);
    return listens;
  };
  const watch = new TroubleWatch({
    clock,
    life: () => ({ degrade: told, restore: () => told('restored') }),
    trouble: () => trouble,
  });
  const look = (times: number): void => {
    for (let count = 0; count < times; count += 1) clock.advance(1_000);
  };
  watch.start();
  look(2);
  trouble = 'a cut';
  listens = false;
  look(2);
  listens = true;
  look(3);
  trouble = 'a full disk';
  look(2);
  trouble = undefined;
  look(2);
  assert.deepEqual(heard, ['a cut', 'a full disk', 'restored']);
  watch.stop();
  assert.equal(clock.timers, 0);
});
