/** The engine on a real Redis: the conformance suite and the recipes, with a server that is stopped, started and paused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Capability } from '../../src/engines/port/index.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { startRedis } from '../../tools/peers/index.ts';
import { conforms } from './conformance.ts';
import { coordinates, refuses } from './recipe-conformance.ts';

const port = 17_150;
const root = mkdtempSync(join(tmpdir(), 'quorate-redis-'));
const directory = join(root, 'one');
const started = await startRedis({ directory, port });
assert.ok(started !== undefined, 'redis-server is not installed: npm run engines:install');
let server = started;

after(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

const capabilities: readonly Capability[] = [
  'fencing',
  'linearizable-reads',
  'transactions',
  'watch-resume',
  'expiry-events',
];

conforms('redis', {
  open: () => openRedis(server.url),
  provided: capabilities,
  faults: {
    restart: async () => {
      await server.stop();
      const again = await startRedis({ directory, port });
      assert.ok(again !== undefined);
      server = again;
    },
    pause: () => {
      process.kill(server.pid, 'SIGSTOP');
      return Promise.resolve(() => {
        process.kill(server.pid, 'SIGCONT');
        return Promise.resolve();
      });
    },
  },
});

refuses('redis', { open: (options) => openRedis(server.url, options), provided: capabilities });

coordinates('redis with permission', {
  url: server.url,
  open: (options) => openRedis(server.url, { ...options, deadline: '20s', allow: 'failover-loss' }),
  provided: [...capabilities, 'survives-failover'],
});
