/** Who holds one of a node's places for backups, and how it is given back: by time, by a lost connection, by what happens to the state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { type BackupRequest, decodeBackupBegun, encodeBackupRequest } from '../../src/net/index.ts';
import { Backups } from '../../src/node/backups.ts';
import type { Caller } from '../../src/node/gatekeeper.ts';
import { nativeCrc32, realCryptography, realMachine } from '../../src/ports/real/index.ts';
import { emptyConfiguration } from '../../src/raft/index.ts';
import { ManualClock } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { failsWith } from '../ports/expectations.ts';
import { RegisterMachine } from './register-machine.ts';

/** A node with a state of ten chunks. */
class Place {
  readonly clock = new ManualClock();
  readonly backups: Backups;
  /** Reads of the state that are under way. */
  open = 0;
  /** What is wrong with the state from now on. */
  trouble: Error | undefined;
  /** Resolves when the node is sure that it has everything; at once unless a test says otherwise. */
  confirmed: Promise<void> = Promise.resolve();

  constructor() {
    const real = realMachine({ log: new RecordingLog() });
    real.loopDelay.close();
    const machine = new RegisterMachine();
    machine.snapshot = () => this.#chunks();
    const mark = { index: 7, term: 1, configuration: emptyConfiguration };
    this.backups = new Backups({
      node: {
        machine: { ...real, clock: this.clock },
        identity: { cluster: 'test', member: 1, log: new Uint8Array(16) },
        checksum: nativeCrc32,
        cryptography: { ...realCryptography(), scrypt: () => assert.fail('no password is hashed') },
      },
      gate: { checkRoot: () => undefined },
      host: () => ({ confirm: () => this.confirmed, beginSnapshot: () => mark, machine }),
    });
  }

  async ask(caller: Caller, request: BackupRequest): Promise<Uint8Array> {
    return await this.backups.answer(caller, 0, encodeBackupRequest(request));
  }

  async begin(caller: Caller): Promise<number> {
    return decodeBackupBegun(await this.ask(caller, { kind: 'begin' })).backup;
  }

  #chunks(): IterableIterator<Uint8Array> {
    let given = 0;
    let isOpen = true;
    this.open += 1;
    const end = (): void => {
      if (isOpen) this.open -= 1;
      isOpen = false;
    };
    const iterator: IterableIterator<Uint8Array> = {
      next: () => {
        if (this.trouble !== undefined) throw this.trouble;
        given += 1;
        if (given <= 10) return { done: false, value: Uint8Array.of(given) };
        end();
        return { done: true, value: undefined };
      },
      return: () => {
        end();
        return { done: true, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }
}

function someone(): Caller {
  return { host: '127.0.0.1', peerName: undefined, member: undefined, credential: undefined };
}

test('a reader that asks for nothing for a while has lost its backup, and one that asks now and then has not', async () => {
  const place = new Place();
  const [slow, silent] = [someone(), someone()];
  const kept = await place.begin(slow);
  const lost = await place.begin(silent);
  assert.equal(place.open, 2);
  for (let count = 1; count <= 4; count += 1) {
    place.clock.advance(20_000);
    await place.ask(slow, { kind: 'next', backup: kept, place: count });
  }
  assert.equal(place.open, 1, 'the state is no longer read for who is silent');
  const error = await failsWith('backup-lost', place.ask(silent, { kind: 'next', backup: lost, place: 1 }));
  assert.deepEqual([error.retryable, error.outcome], [true, 'not-applied']);
  await place.begin(silent);
  await failsWith('queue-full', place.begin(someone()));
});

test('frames come in their order, to whoever began, and behind the last one there is nothing', async () => {
  const place = new Place();
  const one = someone();
  const backup = await place.begin(one);
  await failsWith('backup-lost', place.ask(someone(), { kind: 'next', backup, place: 1 }));
  await failsWith('backup-lost', place.ask(one, { kind: 'next', backup, place: 2 }));
  // Not whoever likes may end it.
  await place.ask(someone(), { kind: 'end', backup });
  assert.equal(place.open, 1);
  for (let count = 1; count <= 11; count += 1) await place.ask(one, { kind: 'next', backup, place: count });
  assert.equal(place.open, 0);
  assert.deepEqual(await place.ask(one, { kind: 'next', backup, place: 12 }), new Uint8Array(0));
  await failsWith('backup-lost', place.ask(someone(), { kind: 'next', backup, place: 12 }));
  assert.equal(place.clock.timers, 0, 'no timer stays');
});

test('a client that is gone holds no place, also where it went while its backup began', async () => {
  const place = new Place();
  const one = someone();
  await place.begin(one);
  const sure = Promise.withResolvers<void>();
  place.confirmed = sure.promise;
  const late = place.begin(one);
  // Those that are about to begin count as well.
  await failsWith('queue-full', place.begin(someone()));
  place.backups.gone(one);
  assert.equal(place.open, 0);
  sure.resolve();
  await failsWith('backup-lost', late);
  assert.equal(place.open, 0);
  await place.begin(someone());
  await place.begin(someone());
});

test('where another state takes the place of the one that is read, the backup is lost and its place is free', async () => {
  const place = new Place();
  const one = someone();
  const backup = await place.begin(one);
  place.trouble = new QuorateError({ code: 'closed', message: 'it is gone', data: { what: 'snapshot' } });
  await failsWith('backup-lost', place.ask(one, { kind: 'next', backup, place: 1 }));
  assert.equal(place.open, 0);
});
