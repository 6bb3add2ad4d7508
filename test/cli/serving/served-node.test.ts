/** A served node as its process sees it: how it ends, by itself and told to, and who hears of that. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ServedNode, type ServedNodeOptions } from '../../../src/cli/serving/index.ts';
import { joinMembership } from '../../../src/membership/index.ts';
import { drawIdentity, writeBirthRecord } from '../../../src/node/index.ts';
import type { Disk, DiskFile } from '../../../src/ports/index.ts';
import { realMachine, silentLog } from '../../../src/ports/real/index.ts';
import { failsWith } from '../../ports/expectations.ts';
import { diskFailed } from '../../storage/fault-disk.ts';
import { freePorts, runHere } from '../command.ts';

/** The machine’s disk until it is broken; from then on no write comes to an end. */
class BreakableDisk {
  isBroken = false;

  around(disk: Disk): Disk {
    const open: Disk['open'] = async (path, options) => this.#file(await disk.open(path, options), path);
    return new Proxy(disk, { get: (target, name) => (name === 'open' ? open : bound(target, name)) });
  }

  #file(file: DiskFile, path: string): DiskFile {
    return new Proxy(file, {
      get: (target, name) => {
        if (!this.isBroken || !['write', 'writeNow', 'append', 'sync'].includes(String(name)))
          return bound(target, name);
        return () => {
          throw diskFailed('write', path);
        };
      },
    });
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

/** A machine and a directory, which holds a node where one was founded there, and both gone with the test. */
async function place(t: TestContext, isFounded: boolean): Promise<ServedNodeOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-served-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const machine = realMachine({ log: silentLog() });
  t.after(() => machine.loopDelay.close());
  if (isFounded) {
    const identity = drawIdentity(machine.random, 'cluster');
    const founded = { identity, started: false, bootstrap: [identity.member], addresses: new Map() };
    await writeBirthRecord(machine.disk, directory, founded);
  }
  return {
    machine,
    directory,
    listen: { host: '127.0.0.1', port: 0 },
    self: { name: 'a' },
    historyMs: 0,
    certificates: undefined,
    secrets: undefined,
    operators: undefined,
    gossip: undefined,
    joinMs: 60_000,
  };
}

test('whoever waits for the end hears of it, however it came, and nobody has to wait', async (t) => {
  const stopped = new ServedNode(await place(t, true));
  await stopped.start();
  await stopped.stop();
  assert.equal(await stopped.over, 'stopped');
  await using unprepared = new ServedNode(await place(t, false));
  await failsWith('not-found', unprepared.start());
  await unprepared.stop();
  await failsWith('not-found', unprepared.over);
});

test('a node whose disk fails ends with that, and without a goodbye to those who gossip', async (t) => {
  const breakable = new BreakableDisk();
  const options = await place(t, true);
  const { machine } = options;
  const gossip = { host: '127.0.0.1', port: await freePorts() };
  await using served = new ServedNode({
    ...options,
    machine: { ...machine, disk: breakable.around(machine.disk) },
    gossip: {
      listen: gossip,
      advertise: gossip,
      keys: { keys: 'none', path: undefined },
      seeds: undefined,
      said: {},
    },
  });
  await served.start();
  await using witness = await joinMembership({
    ...{ id: 'witness', cluster: 'cluster', keys: 'none', listen: '127.0.0.1:0', seeds: [gossip] },
  });
  await witness.until(() => witness.member('a')?.status === 'HEALTHY');
  breakable.isBroken = true;
  const { host, port } = served.address;
  const failed = failsWith('log-failed', served.over);
  const put = await runHere(['put', 'k', 'v', '--endpoints', `${host}:${port}`, '--timeout', '1s']);
  assert.notEqual(put.code, 0);
  await failed;
  await served.stop();
  const gone = (status = ''): boolean => status === 'UNHEALTHY' || status === 'LEFT';
  await witness.until(() => gone(witness.member('a')?.status));
  assert.equal(witness.member('a')?.status, 'UNHEALTHY');
});
