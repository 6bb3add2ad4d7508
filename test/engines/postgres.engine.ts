/** PostgreSQL as an engine, on a real server: the conformance suite and the recipes. */
import { after } from 'node:test';
import { openPostgres } from '../../src/engines/postgres/index.ts';
import { conforms } from './conformance.ts';
import { postgresStage } from './postgres-stage.ts';
import { coordinates, refuses } from './recipe-conformance.ts';

const stage = await postgresStage();
after(() => stage[Symbol.asyncDispose]());

const provided = ['fencing', 'linearizable-reads', 'transactions', 'watch-resume', 'expiry-events'] as const;
const { url } = stage.server;

conforms('postgres', {
  open: () => openPostgres(url, { deadline: '20s' }),
  faults: stage.faults,
  provided,
});

refuses('postgres', { open: (options) => openPostgres(url, options), provided });

coordinates('postgres with permission', {
  url,
  open: (options) => openPostgres(url, { ...options, deadline: '20s', allow: 'failover-loss' }),
  provided: [...provided, 'survives-failover'],
});
