/** Files that a node follows: what they hold is taken into use, and what is wrong with them is told once. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { followFiles } from '../../src/cli/followed-files.ts';
import type { Log } from '../../src/ports/index.ts';
import { silentLog } from '../../src/ports/real/index.ts';

const lookMs = 10_000;

beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
afterEach(() => mock.timers.reset());

/** A file, and who follows it. */
class Story implements Disposable {
  readonly said: string[] = [];
  readonly used: string[] = [];
  text: string | Error = 'a';
  readonly #following: Disposable;

  constructor() {
    const say = (message: string): void => void this.said.push(message);
    const log: Log = { ...silentLog(), info: say, warn: say };
    this.#following = followFiles({
      first: 'a',
      read: () => {
        if (this.text instanceof Error) throw this.text;
        return this.text;
      },
      renew: (fresh) => {
        if (fresh === 'bad') throw new Error('nobody can use it');
        this.used.push(fresh);
      },
      log,
      renewed: 'renewed',
      notRenewed: 'not renewed',
    });
  }

  /** The file holds this for as long as it takes to be looked at so often. */
  holds(text: string | Error, looks = 1): void {
    this.text = text;
    for (let look = 0; look < looks; look += 1) mock.timers.tick(lookMs);
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }
}

test('what has changed is taken into use, and what has not is not', () => {
  using story = new Story();
  story.holds('a', 2);
  story.holds('b', 2);
  assert.deepEqual([story.used, story.said], [['b'], ['renewed']]);
});

test('what cannot be used is told once, and told again when somebody asks', () => {
  using story = new Story();
  story.holds('bad', 3);
  assert.deepEqual([story.used, story.said], [[], ['not renewed']]);
  process.emit('SIGHUP', 'SIGHUP');
  assert.deepEqual(story.said, ['not renewed', 'not renewed']);
});

test('what cannot be read is told once for each thing that is wrong with it, also when it was well between', () => {
  using story = new Story();
  story.holds(new Error('no such file'), 3);
  story.holds(new Error('no key'), 3);
  story.holds('a', 2);
  story.holds(new Error('no key'), 3);
  assert.deepEqual(story.said, ['not renewed', 'not renewed', 'not renewed']);
  story.holds('b');
  assert.deepEqual([story.used, story.said.at(-1)], [['b'], 'renewed']);
});

test('nothing of it stays when it is disposed of', () => {
  const before = process.listenerCount('SIGHUP');
  const story = new Story();
  assert.equal(process.listenerCount('SIGHUP'), before + 1);
  story[Symbol.dispose]();
  story.holds('b');
  assert.deepEqual([process.listenerCount('SIGHUP'), story.used], [before, []]);
});
