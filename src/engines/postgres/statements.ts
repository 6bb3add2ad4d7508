/**
 * The statements that read. Each is one statement, and with that one moment of the database: what is listed and the
 * number that its directory had reached fit together. Each says of which store it read, and whether on a standby.
 */
import { jsonLiteral, numberLiteral, textArrayLiteral, textLiteral } from './literals.ts';

/**
 * A transaction of one message. What other programs set for the role or the database must not change its meaning,
 * and the server gives up when its sender would. The settings end with it, as a pooler needs it.
 */
export function transactionText(serverMs: number, body: string): string {
  return (
    'SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ' +
    `SET LOCAL statement_timeout = ${numberLiteral(serverMs)}; ${body}`
  );
}

export type FunctionName = 'transact' | 'open_session' | 'renew_session' | 'bury' | 'tidy';

export function functionText(schema: string, name: FunctionName, request: object): string {
  return `SELECT "${schema}".${name}(${jsonLiteral(request)}) AS answer`;
}

/** What must be known of a server before anything else is asked. */
export function surveyText(schema: string): string {
  return `SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::integer AS version_number,
  pg_is_in_recovery() AS is_standby,
  getdatabaseencoding() AS encoding,
  current_setting('synchronous_standby_names') AS standbys,
  current_setting('synchronous_commit') AS commits,
  current_user AS own_user,
  to_regclass('"${schema}".store') IS NOT NULL AS is_made`;
}

export function storeText(schema: string): string {
  return `SELECT id, version FROM "${schema}".store`;
}

const heading = 's.id AS store, pg_is_in_recovery() AS is_standby, d.last';

/** The session of an item when it is over, though nobody has taken its items away yet. */
function deadText(schema: string): string {
  return `(CASE WHEN i.session IS NOT NULL AND NOT EXISTS (SELECT FROM "${schema}".sessions l
    WHERE l.id = i.session AND l.expires_at > clock_timestamp()) THEN i.session END) AS dead`;
}

export interface ItemsQuery {
  readonly directory: string;
  /** Only this one. */
  readonly name?: string | undefined;
  readonly before?: number | undefined;
  readonly isDescending?: boolean | undefined;
  readonly limit: number;
  readonly keysOnly?: boolean | undefined;
}

export function itemsText(schema: string, query: ItemsQuery): string {
  const { directory, name, before, isDescending = false, limit, keysOnly = false } = query;
  const directoryText = textLiteral(directory);
  const parts = [`i.directory = ${directoryText}`];
  if (name !== undefined) parts.push(`i.name = ${textLiteral(name)}`);
  if (before !== undefined) parts.push(`i.created < ${numberLiteral(before)}`);
  const order = isDescending ? 'DESC' : 'ASC';
  return `SELECT ${heading}, i.name, i.created, i.modified, i.session, i.value, i.dead
FROM "${schema}".store s LEFT JOIN "${schema}".directories d ON d.directory = ${directoryText}
LEFT JOIN LATERAL (
  SELECT i.name, i.created, i.modified, i.session, ${keysOnly ? 'NULL' : 'i.value'} AS value, ${deadText(schema)}
  FROM "${schema}".items i WHERE ${parts.join(' AND ')}
  ORDER BY i.created ${order} LIMIT ${numberLiteral(limit)}) i ON true
ORDER BY i.created ${order}`;
}

/** Changes behind a number, up to so many and so many bytes, but one at least. */
export interface ChangesQuery {
  readonly directory: string;
  readonly after: number;
  readonly limit: number;
  readonly bytesMax: number;
}

export function changesText(schema: string, { directory, after, limit, bytesMax }: ChangesQuery): string {
  const directoryText = textLiteral(directory);
  const afterText = numberLiteral(after);
  return `SELECT ${heading}, c.sequence, c.through, c.kind, c.name, c.value, c.created, c.session
FROM "${schema}".store s LEFT JOIN "${schema}".directories d ON d.directory = ${directoryText}
LEFT JOIN LATERAL (
  SELECT * FROM (
    SELECT n.*, sum(coalesce(octet_length(n.value), 0)) OVER (ORDER BY n.sequence) AS bytes FROM (
      SELECT * FROM "${schema}".changes n WHERE n.directory = ${directoryText} AND n.sequence > ${afterText}
      ORDER BY n.sequence LIMIT ${numberLiteral(limit)}) n) n
  WHERE n.bytes <= ${numberLiteral(bytesMax)} OR n.sequence = ${afterText} + 1) c ON true
ORDER BY c.sequence`;
}

/** How far directories are, and when the next session expires. */
export function beatText(schema: string, directories: readonly string[]): string {
  return `SELECT ${heading}, d.directory,
  (SELECT extract(epoch FROM min(expires_at) - clock_timestamp()) * 1000 FROM "${schema}".sessions)::float8 AS due_ms
FROM "${schema}".store s
LEFT JOIN "${schema}".directories d ON d.directory = ANY(${textArrayLiteral(directories)})`;
}

export function notifyText(channel: string, payloads: readonly string[]): string {
  return `SELECT pg_notify(${textLiteral(channel)}, payload) FROM unnest(${textArrayLiteral(payloads)}) AS payload`;
}
