/**
 * `npm run torture -- [--minutes M] [--seed S] [--target quorate|etcd] [--nodes N] [--kill-leader-every 1m]
 * [--faults kill,pause,…|none] [--calm] [--epoch 30s] [--workers N] [--directory DIR] [--port P]`: torments a cluster of
 * real processes and judges what its clients saw. With `--calm` nothing is done to it but as much work as it can take,
 * and no leader may be replaced. The last line sums up; the exit code is 1 when anything is wrong, and
 * then the directory holds histories, faults and logs, and the command that brings the same schedule again is told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Duration, durationMs } from '../../src/base/index.ts';
import { EtcdSystem } from './etcd-system.ts';
import { type FaultKind, faultKinds } from './fault.ts';
import { QuorateSystem } from './quorate-system.ts';
import { megabytes, warmUpMs } from './sampler.ts';
import { SmallDisk } from './small-disk.ts';
import type { System, SystemOptions } from './system.ts';
import { type TortureReport, torture } from './torture.ts';

const { values: words } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string', default: 'quorate' },
    nodes: { type: 'string', default: '3' },
    'kill-leader-every': { type: 'string' },
    faults: { type: 'string' },
    calm: { type: 'boolean', default: false },
    epoch: { type: 'string', default: '30s' },
    workers: { type: 'string' },
    directory: { type: 'string' },
    port: { type: 'string', default: '7800' },
  },
});

const targets: Readonly<Record<string, (options: SystemOptions) => Promise<System>>> = {
  quorate: (options) => QuorateSystem.start(options),
  etcd: (options) => EtcdSystem.start(options),
};

function say(line: string): void {
  console.log(line);
}

function chosenKinds(system: System, disk: SmallDisk | undefined): ReadonlySet<FaultKind> {
  const faults = words.calm ? 'none' : words.faults;
  const wanted = faults === undefined ? faultKinds : faults === 'none' ? [] : faults.split(',');
  for (const kind of wanted) {
    if (!(faultKinds as readonly string[]).includes(kind))
      throw new Error(`--faults names ${JSON.stringify(kind)}; the kinds are ${faultKinds.join(', ')}`);
  }
  const kinds = faultKinds.filter((kind) => wanted.includes(kind) && system.faults.has(kind));
  return new Set(disk === undefined ? kinds.filter((kind) => kind !== 'disk-full') : kinds);
}

/** The last node's directory lies on the small file system where there is one. */
function mountSmallDisk(directory: string): SmallDisk | undefined {
  if (words.calm || (words.faults !== undefined && !words.faults.includes('disk-full'))) return undefined;
  const disk = SmallDisk.mount(join(directory, 'small'));
  if (typeof disk !== 'string') return disk;
  say(`no small file system here, so no disk is filled: ${disk}`);
  return undefined;
}

function summary(report: TortureReport): string {
  const { operations, struck, terms, recoveryMsMax, silenceMsMax, sampler } = report;
  const faults = [...struck].map(([kind, times]) => `${kind} ${times}`).join(', ');
  return [
    `faults: ${faults === '' ? 'none' : faults}`,
    `operations: ${operations.done} done, ${operations.refused} refused, ${operations.unknown} of unknown outcome`,
    `leaders seen in ${terms} terms; longest time without any answer ${Math.round(silenceMsMax)} ms; ` +
      `longest recovery after healing ${Math.round(recoveryMsMax)} ms`,
    `memory of the largest node: ${megabytes(sampler.peakBytes(0, warmUpMs))} in the first five minutes, ` +
      `${megabytes(sampler.peakBytes(warmUpMs, Number.POSITIVE_INFINITY))} after them`,
    ...sampler.memoryLines(),
  ].join('\n');
}

function replayCommand(): string {
  const said = Object.entries(words)
    .filter(([name, value]) => name !== 'directory' && value !== false)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`));
  return `npm run torture -- ${said.join(' ')}`;
}

async function main(): Promise<number> {
  const start = targets[words.target];
  if (start === undefined)
    throw new Error(`--target is ${words.target}, but must be one of ${Object.keys(targets).join(', ')}`);
  const epochMs = durationMs(words.epoch as Duration, 'epoch');
  const every = words['kill-leader-every'];
  const directory = words.directory ?? mkdtempSync(join(tmpdir(), 'torture-'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(signal)));
  using disk = mountSmallDisk(directory);
  const nodes = Number(words.nodes);
  await using system = await start({
    directory,
    nodes,
    port: Number(words.port),
    // The doors stand in this process, which is busy for a while when it judges: that would be a fault.
    isDirect: words.calm,
    ...(disk === undefined ? {} : { homes: new Map([[nodes - 1, join(disk.directory, 'node')]]) }),
  });
  say(`${words.target}, ${nodes} nodes, seed ${words.seed}: ${replayCommand()}`);
  const report = await torture({
    system,
    disk,
    directory: join(directory, 'findings'),
    seed: Number(words.seed),
    epochs: Math.max(1, Math.round((Number(words.minutes) * 60_000) / epochMs)),
    epochMs,
    isCalm: words.calm,
    workers: Number(words.workers ?? (words.calm ? 64 : 6)),
    pauseMsMax: words.calm ? 0 : 15,
    killLeaderEveryMs: every === undefined ? undefined : durationMs(every as Duration, 'kill-leader-every'),
    kinds: chosenKinds(system, disk),
    say,
    signal: stop.signal,
  });
  say(summary(report));
  for (const finding of report.findings.slice(0, 20)) say(`FOUND ${finding}`);
  if (report.findings.length > 0) say(`histories, faults and logs: ${directory}\nagain: ${replayCommand()}`);
  else if (words.directory === undefined)
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  say(`${report.epochs} epochs, ${report.findings.length} findings`);
  return report.findings.length === 0 ? 0 : 1;
}

process.exitCode = await main();
