/**
 * The tables, and how they come to be: by whoever comes first, in one transaction, under a lock that ends with it.
 * Everything lies in a schema of its own, so that it can be looked at, granted and dropped as one.
 *
 * Each directory has a row with the last number that was given out in it. Whoever writes holds this row until it
 * has committed. Numbers of a sequence would be drawn before the commit, and so become visible in another order
 * than they were drawn in: who reads "everything behind 7" would miss the 6 of a slower transaction for ever. Here
 * the order of numbers is the order of commits, without gaps, and a transaction that is rolled back gives its
 * numbers back. The price is that writers of one directory wait for each other; those of others do not.
 */
import { functionsText } from './schema-functions.ts';
import { drawnText } from './schema-identity.ts';

/** Of tables and functions together. */
export const schemaVersion = 1;

/**
 * The statements that make everything in `schema`, for an administrator to run where the user of the engine may
 * not. Running them twice is harmless.
 */
export function postgresSchema(schema = 'quorate'): string {
  return `DO $install$
BEGIN
PERFORM pg_advisory_xact_lock(hashtextextended('quorate ${schema}', 0));
IF to_regnamespace('"${schema}"') IS NULL THEN
  CREATE SCHEMA "${schema}";
END IF;
IF to_regclass('"${schema}".store') IS NULL THEN
EXECUTE $statements$
${tablesText(schema)}
${functionsText(schema)}
INSERT INTO "${schema}".store (version, id, floor)
  VALUES (${schemaVersion}, ${drawnText}, 0);
$statements$;
END IF;
END
$install$`;
}

function tablesText(schema: string): string {
  return `
CREATE TABLE "${schema}".store (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  version integer NOT NULL,
  -- Drawn once: who finds another one knows that the data is not what it was.
  id text NOT NULL,
  -- Where the numbers of a directory begin whose row is made anew: behind all that were ever given out in it.
  floor bigint NOT NULL
);
CREATE TABLE "${schema}".directories (
  directory text COLLATE "C" PRIMARY KEY,
  last bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE "${schema}".sessions (
  id text COLLATE "C" PRIMARY KEY,
  ttl_ms bigint NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE "${schema}".items (
  directory text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value bytea NOT NULL,
  -- The epoch of a lease: nobody else's in this directory, and greater than that of every holder before.
  created bigint NOT NULL,
  modified bigint NOT NULL,
  session text COLLATE "C",
  PRIMARY KEY (directory, name)
);
CREATE UNIQUE INDEX items_by_created ON "${schema}".items (directory, created);
CREATE INDEX items_by_session ON "${schema}".items (session) WHERE session IS NOT NULL;
CREATE TABLE "${schema}".changes (
  directory text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  -- The last of its transaction in this directory.
  through bigint NOT NULL,
  kind text NOT NULL,
  name text COLLATE "C" NOT NULL,
  value bytea,
  created bigint NOT NULL,
  session text,
  at timestamptz NOT NULL,
  PRIMARY KEY (directory, sequence)
);
CREATE INDEX changes_by_time ON "${schema}".changes USING brin (at);
-- What became of requests, so that one that is sent again is not carried out again.
CREATE TABLE "${schema}".requests (
  id text COLLATE "C" PRIMARY KEY,
  answer jsonb NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX requests_by_time ON "${schema}".requests USING brin (at);`;
}
