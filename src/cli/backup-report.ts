/** What is told of a backup, to people and to programs; `backup` and `restore --check` say it alike. */

export interface BackupReport {
  readonly path: string;
  readonly cluster: string;
  readonly revision: number;
  readonly bytes: number;
  readonly digest: string;
  /** Known where the backup was looked into. */
  readonly keys?: number;
  readonly level?: number;
  readonly madeMs?: number;
}

export function backupDocument({ path, madeMs, ...told }: BackupReport): object {
  const made = madeMs === undefined ? {} : { made: new Date(madeMs).toISOString() };
  return { file: path, ...told, ...made };
}

export function backupLines(report: BackupReport): string[] {
  const { path, cluster, revision, bytes, digest, keys, level, madeMs } = report;
  const rows: [string, string][] = [
    ['file', path],
    ['cluster', cluster],
    ['revision', String(revision)],
  ];
  if (keys !== undefined) rows.push(['keys', String(keys)]);
  rows.push(['bytes', String(bytes)], ['digest', digest]);
  if (level !== undefined) rows.push(['level', String(level)]);
  if (madeMs !== undefined) rows.push(['made', new Date(madeMs).toISOString()]);
  return rows.map(([what, value]) => `${what.padEnd(10)}${value}`);
}

/** For a line of progress. */
export function bytesText(bytes: number): string {
  const mebibytes = bytes / 1_048_576;
  return mebibytes < 10 ? `${mebibytes.toFixed(1)} MiB` : `${Math.round(mebibytes)} MiB`;
}
