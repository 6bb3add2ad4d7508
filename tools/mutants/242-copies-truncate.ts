/** Entries that were written forward replace what was appended behind them since. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'Entries that were written forward replace what was appended behind them since.',
  patches: [
    {
      file: 'src/storage/log/replay.ts',
      find: `    if (header.type === 'entries') {
      dropFrom(replay, first);`,
      replace: `    if (header.type !== 'state') {
      dropFrom(replay, first);`,
    },
  ],
  seenBy: 'test/storage/log-damage.test.ts',
};
