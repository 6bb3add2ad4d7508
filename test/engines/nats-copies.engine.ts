/**
 * A leader of the stream that is killed with a message that it had sent to nobody, and comes back. Release 2.9.10 keeps
 * that message in its copy, in place of the first that was acknowledged meanwhile, and says nothing; later releases
 * mend the copy. Whoever leads then, and wherever consumers are: what was acknowledged is read, or nothing is.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { isQuorateError } from '../../src/base/index.ts';
import { textOf } from '../../src/engines/conformance/story.ts';
import { type JsonObject, readLeader } from '../../src/engines/nats/answers.ts';
import { openedOn, startedNats } from './nats/servers.ts';

const port = 17_320;
const places = [0, 1, 2] as const;
const cluster = await startedNats({ port, servers: 3 });

test('what a leader kept to itself when it was killed is not believed when it is back', async () => {
  await (await openedOn(cluster)).close();
  const old = await leader();
  await keepToItself(old);
  await cluster.kill(old);
  const others = places.filter((place) => place !== old);
  await cluster.start(others);
  await leader();
  await withConnection(others[0] as number, async (connection) => {
    await connection.request('QUORATE.quorate.a.kept', 'acknowledged', {
      headers: previousNone(),
      timeout: 5_000,
    });
  });
  await cluster.start();
  const led = new Set<number>();
  while (led.size < places.length) {
    led.add(await leader());
    // Where a consumer is nobody can choose, so it is tried some times.
    for (let time = 0; time < 4; time += 1) await readsRight();
    await withConnection(0, stepDown);
  }
});

async function readsRight(): Promise<void> {
  const engine = await openedOn(cluster);
  try {
    const { items } = await engine.list('a');
    assert.deepEqual(
      items.map((item) => [item.key, textOf(item)]),
      [['a/kept', 'acknowledged']],
    );
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'engine-failed') throw error;
    assert.match(error.message, /both differ at message \d+ from the copy of the server that leads/);
  } finally {
    await engine.close();
  }
}

/** A message of which nobody else hears, on its disk. */
async function keepToItself(place: number): Promise<void> {
  await withConnection(place, async (connection) => {
    for (const other of places) if (other !== place) await cluster.kill(other);
    connection.publish('QUORATE.quorate.a.ghost', 'never acknowledged', { headers: previousNone() });
    await connection.flush();
    const directory = join(cluster.directory, `node${place + 1}`);
    await until(() => (isWritten(directory, 'never acknowledged') ? true : undefined));
  });
}

function isWritten(directory: string, text: string): boolean {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.blk'))
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
}

function previousNone(): ReturnType<typeof headers> {
  const own = headers();
  own.set('Quorate-Previous', '0');
  return own;
}

/** The place of the server that leads the stream, as soon as there is one. */
function leader(): Promise<number> {
  return until(async () => {
    for (const place of places) {
      const name = await withConnection(place, leaderBy).catch(() => undefined);
      if (name !== undefined) return Number(name.slice('node'.length)) - 1;
    }
    return undefined;
  });
}

async function leaderBy(connection: NatsConnection): Promise<string | undefined> {
  const answer = await connection.request('$JS.API.STREAM.INFO.QUORATE', '', { timeout: 1_000 });
  return readLeader(answer.json<JsonObject>());
}

/** Whether it has, or nobody was there to ask, is seen by who leads then. */
async function stepDown(connection: NatsConnection): Promise<void> {
  const asked = connection.request('$JS.API.STREAM.LEADER.STEPDOWN.QUORATE', '', { timeout: 5_000 });
  await asked.catch(() => undefined);
}

async function withConnection<T>(place: number, use: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: `127.0.0.1:${port + place}`, reconnect: false });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** What `look` finds, which looks again until it has found something. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(20);
  }
}
