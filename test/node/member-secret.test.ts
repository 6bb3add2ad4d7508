/** Members that share a secret: strangers are refused and told why, and a proof is worth nothing anywhere else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import { encodeHello, type Hello } from '../../src/net/index.ts';
import { isOpening, MemberSecret, ProofIntake } from '../../src/node/member-proof.ts';
import { realCryptography, realRandom } from '../../src/ports/real/index.ts';
import { throwsWith } from '../ports/expectations.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

const cryptography = realCryptography();
const random = realRandom();
const right = 'what only members know';
const wrong = 'what somebody else guessed';
const hello: Hello = { purpose: 'peer', cluster: 'c', from: 1, to: 2 };

function logged(cluster: TestCluster, member: number): string {
  return (cluster.logs.get(member)?.told ?? [])
    .map(
      ({ event, fields }) =>
        `${event} ${Object.values(fields ?? {})
          .map(String)
          .join(' ')}`,
    )
    .join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function withTwo(
  secrets: readonly string[],
  story: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  await using cluster = await TestCluster.make([1, 2, 3], { cryptography });
  for (const member of cluster.members)
    cluster.addresses.set(member, { host: '127.0.0.1', port: await freePort() });
  for (const member of [1, 2]) await cluster.start(member, { create: true, secrets });
  await cluster.until(() => cluster.leader !== undefined);
  await story(cluster);
  assert.deepEqual(cluster.failures, []);
}

test('members with one secret agree, also by a snapshot', async () => {
  await using cluster = await TestCluster.make([1, 2, 3], {
    cryptography,
    secrets: [right],
    snapshotBytes: 8_000,
    raft: { tailBytesMax: 500 },
  });
  await cluster.begin();
  await using client = cluster.client();
  const write = async (value: string): Promise<void> => {
    await client.command(0, bytes(value)).catch((error: unknown) => {
      if (!isQuorateError(error) || error.outcome !== 'unknown') throw error;
      return write(value);
    });
  };
  await write('before');
  await cluster.untilEqual();
  const late = cluster.members.find((member) => member !== cluster.leader) as number;
  const { last } = cluster.status(late);
  await cluster.stop(late);
  for (let round = 0; round < 60; round += 1) await write(`${round} ${'x'.repeat(300)}`);
  await cluster.until(() =>
    [...cluster.nodes.keys()].some((member) => cluster.status(member).base > last + 1),
  );
  await cluster.start(late);
  await write('after');
  await cluster.untilEqual();
  assert.equal(text(await client.read(0, bytes(''))), 'after');
  assert.deepEqual(cluster.failures, []);
});

for (const { name, secrets, hostSays, itSays } of [
  {
    name: 'with another secret',
    secrets: [wrong],
    hostSays:
      /hello refused.*it does not know the secret of the cluster; start all members with the same secret/,
    itSays: /peer refused this node.*it does not know the secret/,
  },
  {
    name: 'without a secret',
    secrets: [],
    hostSays: /hello refused.*it does not prove that it knows the secret/,
    itSays: /peer refused this node.*it does not prove/,
  },
]) {
  test(`a member ${name} is refused, counted, and told why, and the others go on`, async () => {
    await withTwo([right], async (cluster) => {
      await cluster.start(3, { create: true, secrets });
      await cluster.until(() => hostSays.test(logged(cluster, 1)) && itSays.test(logged(cluster, 3)));
      await using client = cluster.client();
      await client.command(0, bytes('value'));
      assert.ok((cluster.nodes.get(1)?.status().refusedConnections ?? 0) > 0);
      assert.equal(cluster.status(3).last, 0);
    });
  });
}

test('a member with a secret among members without one is told that they have none', async () => {
  await withTwo([], async (cluster) => {
    await cluster.start(3, { create: true, secrets: [right] });
    const says = /it proves a secret, and this node was started without one/;
    await cluster.until(() => says.test(logged(cluster, 1)) && says.test(logged(cluster, 3)));
  });
});

test('a secret is changed member by member: the new one is accepted before it is shown', async () => {
  await withTwo([right, wrong], async (cluster) => {
    await cluster.start(3, { create: true, secrets: [wrong, right] });
    await using client = cluster.client();
    await client.command(0, bytes('value'));
    await cluster.untilEqual();
  });
});

test('a secret that can be guessed, and one that nobody can check, are refused', async () => {
  const cluster = await TestCluster.make([1]);
  await assert.rejects(cluster.start(1, { create: true, cryptography, secrets: ['short'] }), /at least 16/);
  await assert.rejects(cluster.start(1, { create: true, secrets: [right] }), /cryptography/);
  await cluster[Symbol.asyncDispose]();
});

function secretOf(...secrets: readonly string[]): MemberSecret {
  return new MemberSecret({ secrets, cryptography, random });
}

/** A listening side that has sent its number. */
function challenged(
  secret: MemberSecret,
  given: Hello,
): { intake: ProofIntake; connecting: Uint8Array; answers: Uint8Array[] } {
  const answers: Uint8Array[] = [];
  const intake = new ProofIntake(secret, encodeHello(given), (payload) => answers.push(payload));
  const connecting = secret.drawNumber();
  assert.equal(intake.take(Uint8Array.from([0x72, 0x63, 0x65, 0x73, ...connecting])), false);
  return { intake, connecting, answers };
}

test('a proof is worth nothing on another connection, to another member or cluster, or sent back', () => {
  const secret = secretOf(right);
  const codeFor = (proved: Hello, listening: Uint8Array, connecting: Uint8Array): Uint8Array =>
    secret.code(0, 'connecting', encodeHello(proved), { connecting, listening });
  const honest = challenged(secret, hello);
  const code = codeFor(hello, honest.answers[0] as Uint8Array, honest.connecting);
  assert.equal(honest.intake.take(code), true);
  const back = honest.answers[1] as Uint8Array;
  assert.notDeepEqual(back, code);
  for (const other of [
    { ...hello, to: 3 },
    { ...hello, from: 3 },
    { ...hello, cluster: 'd' },
    { ...hello, purpose: 'snapshot' as const },
  ]) {
    const { intake, connecting, answers } = challenged(secret, other);
    throwsWith('hello-refused', () => intake.take(codeFor(hello, answers[0] as Uint8Array, connecting)));
  }
  const again = challenged(secret, hello);
  throwsWith('hello-refused', () => again.intake.take(code));
  const mirrored = challenged(secret, hello);
  const numbers = { connecting: mirrored.connecting, listening: mirrored.answers[0] as Uint8Array };
  throwsWith('hello-refused', () =>
    mirrored.intake.take(secret.code(0, 'listening', encodeHello(hello), numbers)),
  );
});

test('garbage in place of a proof is refused with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (first, second) => {
      const intake = new ProofIntake(secretOf(right), encodeHello(hello), () => undefined);
      for (const payload of [first, second]) {
        try {
          assert.equal(intake.take(payload), false);
          assert.ok(isOpening(payload));
        } catch (error) {
          assert.ok(isQuorateError(error) && error.code === 'hello-refused');
          return;
        }
      }
    }),
  );
});
