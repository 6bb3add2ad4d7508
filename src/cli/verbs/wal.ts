/**
 * `quorate wal`: what a write-ahead log holds, and whether all of it is sound. It only reads, so it may look at
 * the log of a node that is running; then the end may be behind what the node has written meanwhile.
 */
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { isQuorateError } from '../../base/index.ts';
import type { Disk } from '../../ports/index.ts';
import { realDisk } from '../../ports/real/index.ts';
import {
  type Damage,
  type InspectedFlush,
  type InspectedRecord,
  inspectLog,
  type LogInspection,
  type RecoveredGroup,
  segmentNumber,
} from '../../storage/index.ts';
import { exitCodes, type Invocation, numberOption, UsageError, type Verb, wordsOf } from '../verb.ts';

export const wal: Verb = {
  name: 'wal',
  words: 'FILE|DIRECTORY',
  summary: 'Prints and verifies a write-ahead log, or one segment of it',
  options: {
    records: { type: 'boolean' },
    group: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: {
    records: 'also print every record',
    group: 'only this group',
    json: 'one JSON document per line',
  },
  examples: [
    { run: 'quorate wal .quorate/node1', what: 'exit code 1 when acknowledged data is lost' },
    { run: 'quorate wal .quorate/node1/node/log/000000000003.wal --records', what: 'one segment' },
    { run: 'quorate wal .quorate/node1 --group 0 --records --json', what: 'one group, for programs' },
  ],
  run,
};

const everyGroup = -1;

async function run(invocation: Invocation): Promise<number> {
  const [path = ''] = wordsOf(invocation, 1, 'a segment file or a directory');
  const group = numberOption(invocation, 'group', { least: 0, most: 2 ** 32 - 1, otherwise: everyGroup });
  const asJson = invocation.options['json'] === true;
  const disk = realDisk();
  const { directory, segment } = await placeOf(disk, path);
  const print = (flush: InspectedFlush): void => {
    invocation.signal.throwIfAborted();
    for (const record of flush.records) {
      if (group !== everyGroup && record.group !== group) continue;
      invocation.out(asJson ? JSON.stringify(recordDocument(flush, record)) : recordLine(flush, record));
    }
  };
  const inspection = await inspectLog({
    disk,
    directory,
    segment,
    checksum: (bytes, seed) => crc32(bytes, seed),
    onFlush: invocation.options['records'] === true ? print : undefined,
  });
  const groups = [...inspection.groups.values()].filter(
    (recovered) => group === everyGroup || recovered.group === group,
  );
  const lines = asJson ? documents(inspection, groups) : summary(inspection, groups, segment !== undefined);
  for (const line of lines) invocation.out(line);
  return inspection.isHarmful ? exitCodes.failed : exitCodes.done;
}

/** A segment's file, a log's directory, or the data directory of a node. */
async function placeOf(
  disk: Disk,
  path: string,
): Promise<{ directory: string; segment: number | undefined }> {
  const segment = segmentNumber(basename(path));
  if (segment !== undefined) return { directory: dirname(path), segment };
  // From the data directory of a node it is two steps down to its log.
  for (const directory of [path, `${path}/log`, `${path}/node/log`]) {
    if (await holdsSegments(disk, directory)) return { directory, segment: undefined };
  }
  await disk.list(path);
  throw new UsageError(`${path} holds no segment of a log, and neither do log/ and node/log/ in it`);
}

async function holdsSegments(disk: Disk, directory: string): Promise<boolean> {
  try {
    return (await disk.list(directory)).some((name) => segmentNumber(name) !== undefined);
  } catch (error) {
    if (isQuorateError(error) && error.code === 'not-found') return false;
    throw error;
  }
}

function recordLine(flush: InspectedFlush, record: InspectedRecord): string {
  const place = `${flush.segment}:${record.position}`.padEnd(16);
  const whose = `flush ${flush.sequence}  group ${record.group}`;
  return `${place}${whose}  ${record.intact ? contentOf(record) : `DAMAGED ${record.type}`}`;
}

function contentOf({ type, entries, change, payloadBytes }: InspectedRecord): string {
  if (entries !== undefined) {
    const { first, last, firstTerm, lastTerm } = entries;
    const terms = firstTerm === lastTerm ? `term ${firstTerm}` : `terms ${firstTerm} to ${lastTerm}`;
    return `${type} ${first} to ${last}, ${terms}, ${payloadBytes} bytes`;
  }
  const parts: string[] = [];
  if (change?.removed === true) parts.push('removed');
  if (change?.snapshot !== undefined) parts.push(`snapshot ${markOf(change.snapshot)}`);
  if (change?.installed !== undefined) parts.push(`installed ${markOf(change.installed)}`);
  if (change?.base !== undefined) parts.push(`base ${markOf(change.base)}`);
  if (change?.hardState !== undefined) parts.push(stateOf(change.hardState));
  return parts.join(', ');
}

function markOf({ index, term }: { readonly index: number; readonly term: number }): string {
  return `${index} of term ${term}`;
}

function stateOf({ term, vote, commit }: RecoveredGroup['hardState']): string {
  return `term ${term}, vote ${vote === 0 ? 'none' : vote}, commit ${commit}`;
}

function summary(
  { report, isHarmful }: LogInspection,
  groups: readonly RecoveredGroup[],
  isPart: boolean,
): string[] {
  // One segment tells what was written, not what holds.
  const lines = isPart ? [] : groups.map(groupLine);
  for (const damage of report.damages) lines.push(damageLine(damage));
  const { segments, flushes, records, tornTail } = report;
  lines.push(`${segments} segments, ${flushes} flushes, ${records} records, ${report.bytesRead} bytes read`);
  if (tornTail !== undefined) {
    lines.push(
      `unfinished flush at ${tornTail.segment}:${tornTail.position}, never acknowledged: it will be cut`,
    );
  }
  lines.push(verdict(isHarmful, report.damages.length));
  return lines;
}

function verdict(isHarmful: boolean, damages: number): string {
  if (isHarmful) return 'DAMAGED: acknowledged data is lost; repair this member from its peers';
  return damages > 0 ? 'sound: nothing that still matters was lost in the damaged places' : 'sound';
}

function groupLine({ group, hardState, snapshot, base, entries, damage }: RecoveredGroup): string {
  const range =
    entries.length === 0 ? 'no entries' : `entries ${base.index + 1} to ${base.index + entries.length}`;
  const mark = snapshot === undefined ? '' : `, snapshot ${markOf(snapshot)}`;
  const lost = damage === undefined ? '' : `  ${lossOf(damage)}`;
  return `group ${group}  ${stateOf(hardState)}, ${range}${mark}${lost}`;
}

function lossOf({ hardStateLost, snapshotLost, entriesLost }: NonNullable<RecoveredGroup['damage']>): string {
  const parts: string[] = [];
  if (hardStateLost) parts.push('term and vote');
  if (snapshotLost) parts.push('snapshot mark');
  if (entriesLost !== undefined) {
    parts.push(
      `entries from ${entriesLost.first}${entriesLost.last === undefined ? '' : ` to ${entriesLost.last}`}`,
    );
  }
  return `LOST: ${parts.join(', ')}`;
}

function damageLine({
  kind,
  segment,
  position,
  firstSequence,
  lastSequence,
  records,
  unknownRecords,
}: Damage): string {
  const flushes =
    firstSequence === lastSequence ? `flush ${firstSequence}` : `flushes ${firstSequence} to ${lastSequence}`;
  const known = records.map(({ group, type, first, last }) =>
    type === 'state' ? `state of group ${group}` : `${type} ${first} to ${last} of group ${group}`,
  );
  if (unknownRecords) known.push('records of unknown groups');
  const what = known.length === 0 ? 'nothing lost' : known.join('; ');
  return `damage  ${kind} at ${segment}:${position}, ${flushes}: ${what}`;
}

function recordDocument(flush: InspectedFlush, record: InspectedRecord): object {
  return { kind: 'record', segment: flush.segment, sequence: flush.sequence, ...record };
}

function documents({ report, isHarmful }: LogInspection, groups: readonly RecoveredGroup[]): string[] {
  const lines = groups.map(({ group, hardState, snapshot, base, entries, damage }) =>
    JSON.stringify({
      kind: 'group',
      group,
      hardState,
      snapshot: snapshot ?? null,
      base,
      last: base.index + entries.length,
      damage: damage ?? null,
    }),
  );
  lines.push(JSON.stringify({ kind: 'report', ...report, harmful: isHarmful }));
  return lines;
}
