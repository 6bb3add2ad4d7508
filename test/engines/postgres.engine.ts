/** PostgreSQL as an engine, on a real server: the conformance suite. */
import { after } from 'node:test';
import { openPostgres } from '../../src/engines/postgres/index.ts';
import { conforms } from './conformance.ts';
import { postgresStage } from './postgres-stage.ts';

const stage = await postgresStage();
after(() => stage[Symbol.asyncDispose]());

conforms('postgres', {
  open: () => openPostgres(stage.server.url, { deadline: '20s' }),
  faults: stage.faults,
  provided: ['fencing', 'linearizable-reads', 'transactions', 'watch-resume', 'expiry-events'],
});
