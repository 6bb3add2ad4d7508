/** The real log against the suite, and its lines as those see them who collect them. */
import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import type { LogFields, LogLevel } from '../../src/ports/index.ts';
import { type RealLogOptions, realLog, silentLog } from '../../src/ports/real/index.ts';
import { awkwardValues, type LogEntry, logConformance } from './log-conformance.ts';

/** A log on a stream in memory, and its lines so far. */
function scene(options: RealLogOptions = {}): {
  readonly log: ReturnType<typeof realLog>;
  lines(): readonly string[];
  documents(): readonly Readonly<Record<string, unknown>>[];
} {
  const stream = new PassThrough();
  const seen: string[] = [];
  const lines = (): readonly string[] => {
    const text: unknown = stream.read();
    if (text !== null) seen.push(...String(text).trimEnd().split('\n'));
    return seen;
  };
  const documents = (): Record<string, unknown>[] =>
    lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log: realLog({ level: 'debug', ...options, stream }), lines, documents };
}

logConformance('real', () => {
  const { log, documents } = scene({ waitingBytesMax: Number.POSITIVE_INFINITY });
  const entries = (): LogEntry[] =>
    documents().map(({ time, level, msg, ...fields }) => {
      assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      return { level: level as LogLevel, event: String(msg), fields: fields as LogFields };
    });
  return { log, entries };
});

test('an event is one line that begins with its time, level and name', () => {
  const { log, lines } = scene();
  log.info('two\nlines "and quotes"', { text: 'a\nb' });
  assert.equal(lines().length, 1);
  assert.match(
    lines()[0] ?? '',
    /^\{"time":"[^"]+","level":"info","msg":"two\\nlines \\"and quotes\\"","text":"a\\nb"\}$/,
  );
});

test('events below the level are not written', () => {
  const { log, documents } = scene({ level: 'warn' });
  log.debug('no');
  log.info('no');
  log.with({ node: 1 }).info('no');
  log.warn('yes');
  log.error('yes');
  assert.deepEqual(
    documents().map(({ level }) => level),
    ['warn', 'error'],
  );
});

test('an error shows its code, data, cause and stack', () => {
  const { log, documents } = scene();
  const cause = new Error('the disk said no');
  const error = new QuorateError({
    code: 'disk-failed',
    message: 'sync failed',
    data: { operation: 'sync', path: '/data', system: 'EIO' },
    cause,
  });
  log.error('stopping', { error });
  const shown = documents()[0]?.['error'] as Record<string, unknown>;
  assert.equal(shown['name'], 'QuorateError');
  assert.equal(shown['message'], 'sync failed');
  assert.equal(shown['code'], 'disk-failed');
  assert.deepEqual(shown['data'], { operation: 'sync', path: '/data', system: 'EIO' });
  assert.match(String(shown['stack']), /real-log\.test/);
  assert.equal((shown['cause'] as Record<string, unknown>)['message'], 'the disk said no');
});

test('each kind of value is shown as people would write it', () => {
  const { log, documents } = scene();
  const shared = { one: 1 };
  const ring: unknown[] = [];
  ring.push(ring);
  log.info('values', {
    big: 12n,
    bytes: new Uint8Array([0, 255, 16]),
    date: new Date(0),
    map: new Map([['key', new Set([1, 2])]]),
    infinite: Number.POSITIVE_INFINITY,
    twice: [shared, shared],
    ring,
    missing: undefined,
    holes: [undefined, 1],
    deep: { 2: { 3: { 4: { 5: { 6: { 7: {} } } } } } },
    url: new URL('http://127.0.0.1/x'),
  });
  const { time: _time, level: _level, msg: _msg, ...fields } = documents()[0] ?? {};
  assert.deepEqual(fields, {
    big: '12',
    bytes: '[3 bytes] 00ff10',
    date: '1970-01-01T00:00:00.000Z',
    map: { key: [1, 2] },
    infinite: 'Infinity',
    twice: [{ one: 1 }, { one: 1 }],
    ring: ['[circular]'],
    holes: [null, 1],
    deep: { 2: { 3: { 4: { 5: { 6: { 7: '[deeper]' } } } } } },
    url: 'http://127.0.0.1/x',
  });
});

test('a field cannot take the place of the time, the level or the event', () => {
  const { log, lines, documents } = scene();
  log.with({ level: 'fake' }).info('real', { time: 'noon', msg: 'fake' });
  const { level, msg, level_, time_, msg_ } = documents()[0] ?? {};
  assert.deepEqual(
    { level, msg, level_, time_, msg_ },
    { level: 'info', msg: 'real', level_: 'fake', time_: 'noon', msg_: 'fake' },
  );
  assert.equal(lines()[0]?.match(/"level":/g)?.length, 1);
});

test('whatever a field holds, its line has a bounded length', () => {
  const { log, lines } = scene({ waitingBytesMax: Number.POSITIVE_INFINITY });
  for (const value of awkwardValues()) log.info('odd', { value });
  for (const line of lines()) assert.ok(line.length < 20_000, `${line.length}: ${line.slice(0, 100)}`);
});

test('a stream that does not keep up loses lines, and the next one says how many', async () => {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      taken.push(line);
      waiting.push(done);
    },
  });
  const log = realLog({ stream, waitingBytesMax: 500 });
  for (let count = 0; count < 50; count += 1) log.info('busy', { count });
  const waitingBytes = stream.writableLength;
  assert.ok(waitingBytes < 700, `${waitingBytes} bytes wait`);
  for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) {
    done();
    await new Promise(setImmediate);
  }
  log.info('caught up');
  const last = JSON.parse(taken.at(-1) ?? '') as Record<string, unknown>;
  assert.equal(last['msg'], 'caught up');
  assert.equal(last['droppedBefore'], 50 - (taken.length - 1));
});

test('a stream that breaks, throws or has ended is left alone', async () => {
  const broken = new Writable({ write: (_line, _encoding, done) => done(new Error('EPIPE')) });
  const log = realLog({ stream: broken });
  log.info('lost');
  await new Promise(setImmediate);
  log.info('lost too');

  const ended = new PassThrough();
  ended.end();
  realLog({ stream: ended }).info('lost');

  const throwing = new PassThrough();
  throwing.write = () => assert.fail('a stream that throws');
  realLog({ stream: throwing }).info('lost');
});

test('many logs on one stream put one listener on it', () => {
  const stream = new PassThrough();
  for (let count = 0; count < 20; count += 1) realLog({ stream }).info('event');
  assert.equal(stream.listenerCount('error'), 1);
});

test('the silent log takes everything and says nothing', () => {
  const log = silentLog().with({ node: 1 });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('event', { value: 1 });
});
