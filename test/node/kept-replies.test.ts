import assert from 'node:assert/strict';
import { test } from 'node:test';
import { host, lead } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

const bytes = (content: string): Uint8Array => Buffer.from(content);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

/** Answers with one buffer, which it writes over each time. */
class Thrifty extends RegisterMachine {
  readonly #buffer = Buffer.alloc(1);
  #reads = 0;

  override apply(index: number, command: Uint8Array | undefined): Uint8Array {
    super.apply(index, command);
    return this.#filled(command?.[0] ?? 0);
  }

  /** Which of all reads it is. */
  override read(): Uint8Array {
    this.#reads += 1;
    return this.#filled('0'.charCodeAt(0) + this.#reads);
  }

  #filled(byte: number): Uint8Array {
    this.#buffer[0] = byte;
    return this.#buffer;
  }
}

test('a reply that is a view of the machine’s own memory is copied for whoever looks at it later', async () => {
  const story = host([1], new Thrifty());
  lead(story);
  const [first, second] = [story.host.propose(bytes('a')), story.host.propose(bytes('b'))];
  const read = story.host.read(bytes(''));
  story.settle();
  const { answer } = await story.host.readBounded(bytes(''), 60_000);
  assert.equal(text(story.host.readStale(bytes(''))), '3');
  assert.deepEqual((await Promise.all([first, second, read])).map(text), ['a', 'b', '1']);
  assert.equal(text(answer), '2');
  await story.host.close();
});
