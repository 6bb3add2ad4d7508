/**
 * What a member of a cluster pays to carry out what the log brings: puts of 256 bytes, applied in batches as the log
 * hands them over, on a state on disk. Processor time of the whole process counts, threads of the store included,
 * since members, clients and peers share the processors of a small machine; and it is steadier than elapsed time where
 * other programs run too.
 *
 * With `--compact N` history is forgotten every N puts, as in a store that lives: what is collected is part of what a
 * put costs.
 *
 *   node bench/node/apply.bench.ts [--json] [--puts 200000] [--keys 4096] [--batch 64] [--compact N] [--rounds 5]
 *     [--directory DIR]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ByteWriter } from '../../src/base/index.ts';
import { encodeCommand } from '../../src/mvcc/index.ts';
import { storesOnDisk } from '../../src/node/index.ts';
import { nativeCrc32, realClock, realDisk, silentLog } from '../../src/ports/real/index.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    puts: { type: 'string', default: '200000' },
    keys: { type: 'string', default: '4096' },
    batch: { type: 'string', default: '64' },
    compact: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '5' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const puts = Number(options.puts);
const batch = Number(options.batch);
const compact = Number(options.compact);
const valueBytes = 256;

function commandsOf(keys: number): Uint8Array[] {
  const encoder = new TextEncoder();
  const writer = new ByteWriter(1024);
  return Array.from({ length: keys }, (_, place) => {
    writer.reset();
    const key = encoder.encode(`/bench-${String(place).padStart(7, '0')}`);
    const value = new Uint8Array(valueBytes).fill(97 + (place % 26));
    const put = { kind: 'put', key, value, lease: 0, keepLease: false, wantPrevious: false } as const;
    encodeCommand(writer, { session: undefined, fences: [], body: put });
    return writer.copy();
  });
}

function compaction(revision: number): Uint8Array {
  const writer = new ByteWriter(32);
  encodeCommand(writer, { session: undefined, fences: [], body: { kind: 'compact', revision } });
  return writer.copy();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Microseconds of processor time for each put. */
async function round(puttings: readonly Uint8Array[], directory: string): Promise<number> {
  const open = storesOnDisk({
    disk: realDisk(),
    clock: realClock(),
    log: silentLog(),
    checksum: nativeCrc32,
  });
  const fail = (error: unknown): void => {
    throw error;
  };
  const machine = await open(0, { directory, owner: 'bench', isLost: false, onFailure: fail });
  let index = 0;
  let revision = 0;
  const apply = async (count: number): Promise<void> => {
    for (const last = revision + count; revision < last; ) {
      for (let place = 0; place < batch && revision < last; place += 1) {
        index += 1;
        revision += 1;
        machine.apply(index, puttings[(revision * 7_919) % puttings.length] as Uint8Array);
        if (compact === 0 || revision % compact !== 0) continue;
        index += 1;
        machine.apply(index, compaction(revision));
      }
      machine.tick?.(performance.now(), undefined);
      await machine.durable?.room;
      await turn();
    }
  };
  await apply(puts / 4);
  const before = process.cpuUsage();
  await apply(puts);
  await machine.durable?.flush();
  const { user, system } = process.cpuUsage(before);
  await machine.durable?.close();
  return (user + system) / puts;
}

const base = mkdtempSync(join(options.directory, 'quorate-apply-'));
const commands = commandsOf(Number(options.keys));
const costs: number[] = [];
try {
  for (let number = 0; number < Number(options.rounds); number += 1) {
    const directory = join(base, `${number}`);
    costs.push(await round(commands, directory));
    rmSync(directory, { recursive: true, force: true });
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}
costs.sort((a, b) => a - b);
const median = costs[Math.floor(costs.length / 2)] as number;
const least = costs[0] as number;
if (options.json) console.log(JSON.stringify({ bench: 'apply', usPerPut: median, usPerPutLeast: least }));
else console.log(`${median.toFixed(2)} µs of processor time a put (least ${least.toFixed(2)})`);
