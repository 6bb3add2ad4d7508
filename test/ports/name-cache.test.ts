/** Names that are asked for often, and a name service that is asked seldom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LookupDone, NameCache } from '../../src/ports/real/name-cache.ts';

/** A name service that answers when it is told to, and a clock that is moved by hand. */
class Service {
  readonly asked: string[] = [];
  nowMs = 0;
  readonly cache = new NameCache({
    lookup: (name, family, done) => {
      this.asked.push(`${name} ${family}`);
      this.#open.push(done);
    },
    now: () => this.nowMs,
    keepMs: 30_000,
    keepFailureMs: 1_000,
    namesMax: 3,
  });
  readonly #open: LookupDone[] = [];

  /** The answers that a caller has heard. */
  ask(name: string, family = 4): string[] {
    const heard: string[] = [];
    this.cache.lookup(name, family, (error, address) => void heard.push(error?.message ?? address));
    return heard;
  }

  answer(address: string): void {
    for (const done of this.#open.splice(0)) done(null, address, 4);
  }

  fail(): void {
    for (const done of this.#open.splice(0)) done(new Error('unknown'), '', 0);
  }
}

test('a name is asked for once by all who want it, and again when its answer is old', () => {
  const service = new Service();
  const [first, second] = [service.ask('a'), service.ask('a')];
  assert.deepEqual([first, second], [[], []]);
  service.answer('10.0.0.1');
  assert.deepEqual([first, second, service.ask('a')], [['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]);
  assert.deepEqual(service.asked, ['a 4']);
  service.nowMs = 30_000;
  const third = service.ask('a');
  service.answer('10.0.0.2');
  assert.deepEqual(third, ['10.0.0.2']);
  assert.equal(service.asked.length, 2);
});

test('a name that nobody knows is asked for again after a second', () => {
  const service = new Service();
  const first = service.ask('a');
  service.fail();
  assert.deepEqual([first, service.ask('a')], [['unknown'], ['unknown']]);
  service.nowMs = 1_000;
  service.ask('a');
  assert.equal(service.asked.length, 2);
});

test('an address is its own, and the kinds of addresses are kept apart', () => {
  const service = new Service();
  assert.deepEqual([service.ask('10.0.0.1'), service.ask('::1', 6)], [['10.0.0.1'], ['::1']]);
  service.ask('a', 4);
  service.ask('a', 6);
  assert.deepEqual(service.asked, ['a 4', 'a 6']);
});

test('so many names are kept, and the one that was asked for first makes room', () => {
  const service = new Service();
  for (const name of ['a', 'b', 'c', 'd']) {
    service.ask(name);
    service.answer('10.0.0.1');
  }
  service.ask('d');
  service.ask('b');
  assert.deepEqual(service.asked, ['a 4', 'b 4', 'c 4', 'd 4']);
  service.ask('a');
  assert.equal(service.asked.length, 5);
});
