/** A linked signal follows its sources, and leaves no listener on any of them when the wait is over. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { linkSignals } from '../../src/base/index.ts';

function listenersOf(...signals: readonly AbortSignal[]): number {
  return signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);
}

test('the linked signal aborts with the reason of the source that aborts first', () => {
  const [caller, server] = [new AbortController(), new AbortController()];
  using linked = linkSignals(caller.signal, server.signal);
  assert.equal(linked.signal.aborted, false);

  server.abort('server closes');
  assert.equal(linked.signal.aborted, true);
  assert.equal(linked.signal.reason, 'server closes');

  caller.abort('caller gave up');
  assert.equal(linked.signal.reason, 'server closes', 'the first reason stays');
});

test('one source that aborts frees all the others of their listeners', () => {
  const [caller, server] = [new AbortController(), new AbortController()];
  using _linked = linkSignals(caller.signal, server.signal);
  assert.equal(listenersOf(caller.signal, server.signal), 2);
  caller.abort('enough');
  assert.equal(listenersOf(caller.signal, server.signal), 0);
});

test('a wait that ends by itself leaves no listener behind, and hears no later abort', () => {
  const server = new AbortController();
  const linked = linkSignals(server.signal);
  linked[Symbol.dispose]();
  linked[Symbol.dispose]();
  assert.equal(listenersOf(server.signal), 0);
  server.abort('server closes');
  assert.equal(linked.signal.aborted, false);
});

test('a wait that throws leaves no listener behind either', () => {
  const server = new AbortController();
  assert.throws(() => {
    using _linked = linkSignals(server.signal);
    throw new Error('the wait failed');
  }, /the wait failed/);
  assert.equal(listenersOf(server.signal), 0);
});

test('a source that has aborted before decides at once, and nothing is put on the others', () => {
  const [server, caller] = [new AbortController(), new AbortController()];
  using linked = linkSignals(server.signal, AbortSignal.abort('too late'), caller.signal);
  assert.equal(linked.signal.reason, 'too late');
  assert.equal(listenersOf(server.signal, caller.signal), 0);
});

test('of two sources that have aborted before, the first in the list decides', () => {
  using linked = linkSignals(AbortSignal.abort('deadline'), AbortSignal.abort('closing'));
  assert.equal(linked.signal.reason, 'deadline');
});

test('signals that were not given are skipped', () => {
  const caller = new AbortController();
  using linked = linkSignals(undefined, caller.signal, undefined);
  caller.abort('stop');
  assert.equal(linked.signal.reason, 'stop');
});

test('the owner may abort it as a source would', () => {
  const caller = new AbortController();
  using linked = linkSignals(caller.signal);
  linked.abort('deadline');
  caller.abort('stop');
  assert.equal(linked.signal.reason, 'deadline');
  assert.equal(listenersOf(caller.signal), 0);
});

test('a listener of the linked signal that disposes it, or aborts it again, does no harm', () => {
  const caller = new AbortController();
  const linked = linkSignals(caller.signal);
  let calls = 0;
  linked.signal.addEventListener('abort', () => {
    calls += 1;
    linked[Symbol.dispose]();
    linked.abort('again');
  });
  caller.abort('stop');
  assert.equal(calls, 1);
  assert.equal(linked.signal.reason, 'stop');
});

test('whatever happens in whatever order, the first abort decides and no listener is left at the end', () => {
  const happening = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom('own' as const, 'dispose' as const));
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 8 }), (happenings) => {
      const sources = Array.from({ length: 4 }, () => new AbortController());
      const linked = linkSignals(...sources.map((source) => source.signal));
      let expected: string | undefined;
      let linkedStill = true;
      for (const [step, what] of happenings.entries()) {
        const reason = `step ${step}`;
        if (what === 'dispose') {
          linked[Symbol.dispose]();
          linkedStill = false;
        } else if (what === 'own') {
          linked.abort(reason);
          expected ??= reason;
        } else {
          if (linkedStill && !sources[what]?.signal.aborted) expected ??= reason;
          sources[what]?.abort(reason);
        }
      }
      assert.equal(linked.signal.reason, expected);
      linked[Symbol.dispose]();
      assert.equal(listenersOf(...sources.map((source) => source.signal)), 0);
    }),
  );
});
