/**
 * Whether a server is fit, and the tables in it: looked at before anything else is asked, and made by whoever comes
 * first. Anew when the data was found to be other than it was.
 */
import { QuorateError } from '../../base/index.ts';
import type { Attempt } from './calls.ts';
import type { PostgresSettings } from './options.ts';
import type { Row } from './pg-module.ts';
import { postgresSchema, schemaVersion } from './schema.ts';
import { storeText, surveyText } from './statements.ts';
import { engineFailed, standbyTrouble, Trouble } from './trouble.ts';

const versionMin = 120_000;

export type Send = (attempt: Attempt, body: string) => Promise<readonly Row[]>;

/** Resolves to the id of the store. */
export async function install(settings: PostgresSettings, attempt: Attempt, send: Send): Promise<string> {
  const [survey = {}] = await send(attempt, surveyText(settings.schema));
  checkServer(settings, survey);
  if (survey['is_made'] !== true) await make(settings, attempt, send, String(survey['own_user']));
  const [store] = await send(attempt, storeText(settings.schema));
  if (store === undefined) throw engineFailed(`the table ${settings.schema}.store is empty; drop the schema`);
  const version = Number(store['version']);
  if (version !== schemaVersion) {
    throw engineFailed(
      `the tables in the schema ${settings.schema} are of version ${version}, and this release knows ` +
        `${schemaVersion}; use the release that made them, or another schema`,
    );
  }
  return String(store['id']);
}

function checkServer(settings: PostgresSettings, survey: Row): void {
  if (Number(survey['version_number']) < versionMin) {
    const version = String(survey['version']);
    throw new QuorateError({
      code: 'engine-too-old',
      message: `PostgreSQL at ${settings.address} is version ${version}; 12 or later is needed`,
      data: { engine: 'postgres', version, needed: '12' },
    });
  }
  if (survey['is_standby'] === true) throw standbyTrouble(settings.address);
  const encoding = String(survey['encoding']);
  if (encoding !== 'UTF8') {
    throw engineFailed(
      `the database ${settings.client.database} has the encoding ${encoding}, in which not every key can be ` +
        "written; use one that was created with ENCODING 'UTF8'",
    );
  }
  const standbys = String(survey['standbys']);
  const commits = String(survey['commits']);
  if (!settings.isSynchronous || (standbys !== '' && ['on', 'remote_apply'].includes(commits))) return;
  throw new QuorateError({
    code: 'capability-missing',
    message:
      `failover is 'synchronous', but PostgreSQL at ${settings.address} does not wait for a standby: ` +
      `synchronous_standby_names is '${standbys}' and synchronous_commit '${commits}'; set the first, and the ` +
      "second to on or remote_apply, or open the engine without failover: 'synchronous'",
    data: { engine: 'postgres', recipe: 'openPostgres', capability: 'survives-failover' },
  });
}

/** Duplicates: somebody else was at it, and this process of the server had not heard of it yet. */
const madeMeanwhile = new Set(['42P06', '42P07', '42710', '42723', '23505']);

async function make(settings: PostgresSettings, attempt: Attempt, send: Send, user: string): Promise<void> {
  try {
    await send(attempt, postgresSchema(settings.schema));
  } catch (error) {
    throw error instanceof Trouble ? makingTrouble(settings, user, error) : error;
  }
}

function makingTrouble(
  { schema, client, address }: PostgresSettings,
  user: string,
  trouble: Trouble,
): Trouble {
  if (madeMeanwhile.has(trouble.sqlState)) return new Trouble('again', trouble.error);
  if (trouble.error.code !== 'engine-unauthenticated') return trouble;
  const message =
    `the user ${user} may not make the schema ${schema} in the database ${client.database} at ${address}; ` +
    `let an administrator run \`CREATE SCHEMA "${schema}" AUTHORIZATION "${user}"\` there once, or the ` +
    'statements that postgresSchema() returns';
  const data = { engine: 'postgres', address };
  const code = 'engine-unauthenticated';
  return new Trouble(
    'refused',
    new QuorateError({ code, message, data, outcome: 'not-applied', cause: trouble.error }),
  );
}
