/**
 * Standbys whose luck is drawn: warm or not, elected and deposed, following and acting that end by themselves, and a
 * stop at any moment. Following and acting never overlap, nobody acts who was not warm and elected, and a stop settles.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { untilAborted } from '../../../src/base/index.ts';
import { HotStandby } from '../../../src/membership/lifecycle/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { Ballot } from './ballot.ts';

type Step = 'warm' | 'elect' | 'depose' | 'follow ends' | 'act ends' | 'act fails' | 'pass' | 'turn' | 'stop';

const step = fc.constantFrom<Step>(
  ...(['warm', 'warm', 'warm', 'warm', 'elect', 'elect', 'elect', 'elect', 'depose', 'depose'] as const),
  ...(['follow ends', 'act ends', 'act fails', 'pass', 'pass', 'turn', 'stop'] as const),
);

/** What the standby does now, and whether it might. */
class Bench {
  readonly clock = new ManualClock();
  readonly ballot = new Ballot();
  follows = 0;
  acts = 0;
  terms = 0;
  isWarm = false;
  readonly faults: string[] = [];
  readonly standby: HotStandby;
  #warm = (): void => undefined;
  #endFollow: (error?: Error) => void = () => undefined;
  #endAct: (error?: Error) => void = () => undefined;

  constructor() {
    this.standby = new HotStandby({
      name: 'ledger',
      clock: this.clock,
      leaderships: this.ballot,
      follow: async ({ signal, warm }) => {
        this.isWarm = false;
        this.#warm = () => {
          this.isWarm = true;
          warm();
        };
        if (this.acts > 0 || this.follows > 0) this.faults.push('it follows beside');
        this.follows += 1;
        const [ended, end] = byHand();
        this.#endFollow = end;
        try {
          await untilAborted(ended, signal);
        } finally {
          await turn();
          this.follows -= 1;
        }
      },
      act: async ({ signal, token }) => {
        if (this.acts > 0 || this.follows > 0) this.faults.push('it acts beside');
        if (!this.isWarm || token !== this.ballot.token) this.faults.push('it acts cold or unelected');
        this.acts += 1;
        this.terms += 1;
        const [ended, end] = byHand();
        this.#endAct = end;
        try {
          await untilAborted(ended, signal);
        } finally {
          await turn();
          this.acts -= 1;
        }
      },
    });
  }

  act(one: Step): Promise<void> | void {
    switch (one) {
      case 'warm':
        return this.#warm();
      case 'elect':
        return this.ballot.elect();
      case 'depose':
        return this.ballot.depose();
      case 'follow ends':
        return this.#endFollow(new Error('following fails'));
      case 'act ends':
        return this.#endAct();
      case 'act fails':
        return this.#endAct(new Error('acting fails'));
      case 'pass':
        return this.clock.advance(1_000);
      case 'turn':
        return turn();
      case 'stop':
        return undefined;
    }
  }
}

function byHand(): [ended: Promise<void>, end: (error?: Error) => void] {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  return [ended, end];
}

test('however the votes fall, a standby follows or acts, acts only warm and elected, and stops', async () => {
  let terms = 0;
  const course = fc.asyncProperty(
    fc.array(fc.tuple(step, fc.nat(5)), { minLength: 20, maxLength: 40 }),
    async (steps) => {
      const bench = new Bench();
      bench.standby.start({ signal: new AbortController().signal, fail: () => undefined });
      for (const [one, turns] of steps) {
        if (one === 'stop') break;
        await bench.act(one);
        for (let count = 0; count < turns; count += 1) await turn();
      }
      await bench.standby.stop();
      terms += bench.terms;
      assert.deepEqual(bench.faults, []);
      assert.equal(bench.standby.state, 'stopped');
      assert.equal(bench.acts + bench.follows + bench.ballot.candidates + bench.clock.timers, 0);
    },
  );
  await fc.assert(course, { numRuns: 150 });
  assert.ok(terms > 20, `${terms} terms`);
});
