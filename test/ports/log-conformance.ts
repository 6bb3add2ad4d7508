/** What every log must do that claims the port, whatever it makes of its events. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log, LogFields, LogLevel } from '../../src/ports/index.ts';

export interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface LogFixture {
  /** A log that takes all levels. */
  readonly log: Log;
  /** What it has taken so far. */
  entries(): readonly LogEntry[];
}

export function logConformance(name: string, makeLog: () => LogFixture): void {
  describe(`log conformance: ${name}`, () => {
    test('events keep their order, level and fields', () => {
      const { log, entries } = makeLog();
      log.debug('a first thing');
      log.info('a second thing', { count: 2 });
      log.warn('a third thing', { name: 'x', flag: true });
      log.error('a fourth thing', { nothing: null });
      assert.deepEqual(entries(), [
        { level: 'debug', event: 'a first thing', fields: {} },
        { level: 'info', event: 'a second thing', fields: { count: 2 } },
        { level: 'warn', event: 'a third thing', fields: { name: 'x', flag: true } },
        { level: 'error', event: 'a fourth thing', fields: { nothing: null } },
      ]);
    });

    test('a log with fields adds them to each event, through every level of nesting', () => {
      const { log, entries } = makeLog();
      const node = log.with({ node: 3 });
      const group = node.with({ group: 7 });
      group.info('elected', { term: 9 });
      node.info('started');
      log.info('plain');
      assert.deepEqual(
        entries().map((entry) => entry.fields),
        [{ node: 3, group: 7, term: 9 }, { node: 3 }, {}],
      );
    });

    test('nothing that a field holds makes it throw', () => {
      const { log, entries } = makeLog();
      for (const value of awkwardValues()) {
        log.info('odd', { value });
        log.with({ value }).error('odd', { also: value });
      }
      assert.equal(entries().length, 2 * awkwardValues().length);
      assert.ok(entries().every((entry) => entry.event === 'odd'));
    });
  });
}

/** Values that naive loggers fall over. */
export function awkwardValues(): readonly unknown[] {
  const ring: Record<string, unknown> = { name: 'ring' };
  ring['self'] = ring;
  let deep: unknown = 'bottom';
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  const looping = new Error('its own cause');
  looping.cause = looping;
  const hostile = new Proxy(
    {},
    { ownKeys: () => assert.fail('no keys'), get: () => assert.fail('no values') },
  );
  const throwing = {
    get secret(): never {
      throw new Error('a getter that throws');
    },
  };
  const refusing = { toJSON: () => assert.fail('no JSON'), toString: () => assert.fail('no text') };
  const nameless = Object.create(null) as object;
  return [
    ring,
    deep,
    looping,
    hostile,
    throwing,
    refusing,
    nameless,
    10n,
    Symbol('s'),
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    undefined,
    () => 1,
    new Date(Number.NaN),
    new Map<unknown, unknown>([[ring, ring]]),
    new Set([ring]),
    new Uint8Array(100_000),
    'x'.repeat(1_000_000),
    new Array(1_000_000),
    new WeakMap(),
    Promise.resolve(),
    '\ud800 half a pair\n"quoted"',
  ];
}
