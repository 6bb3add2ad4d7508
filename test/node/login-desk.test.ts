/** What a login costs, and what those who are nobody can make a node spend. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, QuorateError } from '../../src/base/index.ts';
import { passwordCost } from '../../src/net/index.ts';
import { LoginDesk } from '../../src/node/login-desk.ts';
import type { AccessControl, PasswordProof } from '../../src/node/state-machine.ts';
import type { Cryptography } from '../../src/ports/index.ts';
import { realCryptography, realRandom } from '../../src/ports/real/index.ts';
import { turn } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';

const here = '10.0.0.1';
const elsewhere = '10.0.0.2';

/** Stands for the slow hash: equal passwords have equal ones. */
function hashOf(password: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32);
  hash.set(password.subarray(0, 32));
  return hash;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function loginAs(user: string, password: string): Uint8Array {
  const writer = new ByteWriter(64);
  writer.text(user);
  writer.block(utf8(password));
  return writer.copy();
}

class Story {
  /** User, credential and password, as this member knows them. */
  readonly users = new Map<string, { credential: number; password: string }>([
    ['alice', { credential: 7, password: 'right' }],
  ]);
  hashes = 0;
  /** What this member hears when it asks what it has missed. */
  catchUp: () => Promise<unknown> = () => Promise.resolve();
  /** Held back: hashes that take for ever. */
  isSlow = false;
  readonly #slow: (() => void)[] = [];
  readonly desk: LoginDesk;

  constructor() {
    const cryptography: Cryptography = {
      ...realCryptography(),
      scrypt: async ({ password }) => {
        this.hashes += 1;
        if (this.isSlow) await new Promise<void>((resolve) => this.#slow.push(resolve));
        return hashOf(password);
      },
    };
    const access = {
      credentialOf: (user: string) => this.users.get(user)?.credential,
      proofOf: (user: string): PasswordProof | undefined => {
        const known = this.users.get(user);
        if (known === undefined) return undefined;
        return { ...passwordCost, salt: new Uint8Array(16), hash: hashOf(utf8(known.password)) };
      },
    } as AccessControl;
    this.desk = new LoginDesk({
      access: () => access,
      cryptography,
      random: realRandom(),
      catchUp: () => this.catchUp(),
    });
  }

  async letGo(): Promise<void> {
    this.isSlow = false;
    for (const go of this.#slow.splice(0)) go();
    await turn();
  }
}

test('a try costs one hash, right or wrong, of somebody or of nobody', async () => {
  for (const [user, password] of [
    ['alice', 'wrong'],
    ['nobody', 'right'],
  ] as const) {
    const story = new Story();
    await failsWith('unauthenticated', story.desk.login(here, loginAs(user, password)));
    assert.equal(story.hashes, 1, user);
  }
  const story = new Story();
  assert.equal(await story.desk.login(here, loginAs('alice', 'right')), 7);
  assert.equal(story.hashes, 1);
});

test('who has shown the password here before costs none, until it changes; a wrong one is never let by', async () => {
  const story = new Story();
  for (const _ of [1, 2, 3]) assert.equal(await story.desk.login(here, loginAs('alice', 'right')), 7);
  assert.equal(story.hashes, 1);
  await failsWith('unauthenticated', story.desk.login(here, loginAs('alice', 'wrong')));
  story.users.set('alice', { credential: 9, password: 'new' });
  await failsWith('unauthenticated', story.desk.login(here, loginAs('alice', 'right')));
  assert.equal(await story.desk.login(here, loginAs('alice', 'new')), 9);
  story.users.delete('alice');
  await failsWith('unauthenticated', story.desk.login(here, loginAs('alice', 'new')));
});

test('many who come at once with one password cost as many hashes as there are lanes', async () => {
  const story = new Story();
  const many = Array.from({ length: 30 }, () => story.desk.login(here, loginAs('alice', 'right')));
  assert.deepEqual(new Set(await Promise.all(many)), new Set([7]));
  assert.equal(story.hashes, 2);
});

test('a member that is behind asks what it has missed before it refuses, and says so when it hears nothing', async () => {
  const story = new Story();
  story.catchUp = async () => story.users.set('bob', { credential: 8, password: 'builder' });
  assert.equal(await story.desk.login(here, loginAs('bob', 'builder')), 8);
  story.catchUp = async () => {
    throw new QuorateError({ code: 'read-lost', message: 'cut off', data: { group: 0, reason: 'cut off' } });
  };
  const refused = await failsWith('read-lost', story.desk.login(here, loginAs('carol', 'x')));
  assert.equal(refused.retryable, true);
});

test('so many wait and no more, and one host cannot take all places', async () => {
  const story = new Story();
  story.isSlow = true;
  const wait = (host: string, count: number): Promise<unknown>[] =>
    Array.from({ length: count }, () =>
      failsWith('unauthenticated', story.desk.login(host, loginAs('nobody', 'x'))),
    );
  const waiting = wait(here, 32);
  const refused = await failsWith('queue-full', story.desk.login(here, loginAs('alice', 'right')));
  assert.match(refused.message, /32 logins from 10\.0\.0\.1 wait/);
  waiting.push(...wait(elsewhere, 32));
  await failsWith('queue-full', story.desk.login('10.0.0.3', loginAs('alice', 'right')));
  await story.letGo();
  await Promise.all(waiting);
  assert.equal(await story.desk.login(here, loginAs('alice', 'right')), 7);
});

test('a login that is larger than any password is refused, and what is none', async () => {
  const story = new Story();
  await failsWith('too-large', story.desk.login(here, loginAs('alice', 'x'.repeat(5_000))));
  await failsWith('out-of-bounds', story.desk.login(here, Uint8Array.of(9)));
  assert.equal(story.hashes, 0);
});
