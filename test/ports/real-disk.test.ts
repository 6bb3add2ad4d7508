/** The real disk against the suite that all disks pass, in a temporary directory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realDisk } from '../../src/ports/real/index.ts';
import { type DiskFixture, diskConformance, type MakeDisk } from './disk-conformance.ts';

function onTemporaryDirectory(durableWrites: 'descriptor' | 'fdatasync'): MakeDisk {
  return async (): Promise<DiskFixture> => {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-disk-'));
    return {
      disk: realDisk({ durableWrites }),
      directory,
      run: (story) => story(),
      dispose: () => rm(directory, { recursive: true }),
    };
  };
}

diskConformance('real, durable by O_DSYNC', onTemporaryDirectory('descriptor'));
diskConformance('real, durable by fdatasync', onTemporaryDirectory('fdatasync'));
