/**
 * What the server does in one go. A write is one message: the server carries it out and commits it whether or not
 * its sender still runs. The alternative, a transaction of several messages, would let a process that stands still
 * in the middle of one hold its locks, and with them everybody else's directory, for as long as it stands.
 *
 * Locks are taken in one order everywhere: sessions by id, then directories by name, then the row of the store.
 */
import { drawnText } from './schema-identity.ts';
import { transactText } from './schema-transact.ts';

/** In one go. */
const forgottenMax = 10_000;

export function functionsText(schema: string): string {
  const all = [lockText, ...transactText, openSessionText, renewText, buryText, tidyText, restoredText];
  return all
    .map((text) => text.replaceAll('$schema$', `"${schema}"`).replaceAll('$settings$', settings(schema)))
    .join('\n');
}

/**
 * Plans are made while tables are small and kept for long, so walks through whole tables are ruled out. The server
 * rules them out by a cost so high that it would compile machine code for each statement that has to walk all the
 * same, a quarter of a second every time; hence the last setting. What other programs set for the role or the
 * database must not change the meaning of these statements.
 */
function settings(schema: string): string {
  return `LANGUAGE plpgsql VOLATILE SET search_path = "${schema}", pg_temp SET enable_seqscan = off SET jit = off`;
}

/** The last number of a directory, whose row is locked from here on, and made when it is missing. */
const lockText = `
CREATE FUNCTION $schema$.lock_directory(wanted text, is_shared boolean) RETURNS bigint $settings$ AS $body$
DECLARE
  number bigint;
BEGIN
  LOOP
    IF is_shared THEN
      SELECT d.last INTO number FROM directories d WHERE d.directory = wanted FOR SHARE;
    ELSE
      SELECT d.last INTO number FROM directories d WHERE d.directory = wanted FOR NO KEY UPDATE;
    END IF;
    IF FOUND THEN
      RETURN number;
    END IF;
    -- Shared with other makers, and not with who takes rows of idle directories away and raises the floor.
    SELECT s.floor INTO number FROM store s FOR SHARE;
    INSERT INTO directories (directory, last) VALUES (wanted, number) ON CONFLICT DO NOTHING;
  END LOOP;
END
$body$;
-- What is acknowledged is on the disk, whatever is set for the role or the database; more than that may stay.
CREATE FUNCTION $schema$.make_durable() RETURNS void $settings$ AS $body$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END
$body$;`;

const openSessionText = `
CREATE FUNCTION $schema$.open_session(request jsonb) RETURNS jsonb $settings$ AS $body$
DECLARE
  ttl bigint := request->>'ttlMs';
BEGIN
  IF NOT EXISTS (SELECT FROM store WHERE id = request->>'store') THEN
    RETURN jsonb_build_object('outcome', 'other-store');
  END IF;
  PERFORM make_durable();
  INSERT INTO sessions (id, ttl_ms, expires_at)
    VALUES (request->>'session', ttl, clock_timestamp() + ttl * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at;
  RETURN jsonb_build_object('outcome', 'done');
END
$body$;`;

/** What has expired stays so, whether or not somebody has come across it. */
const renewText = `
CREATE FUNCTION $schema$.renew_session(request jsonb) RETURNS jsonb $settings$ AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM store WHERE id = request->>'store') THEN
    RETURN jsonb_build_object('outcome', 'other-store');
  END IF;
  PERFORM make_durable();
  UPDATE sessions SET expires_at = clock_timestamp() + ttl_ms * interval '1 millisecond'
    WHERE id = request->>'session' AND expires_at > clock_timestamp();
  RETURN jsonb_build_object('outcome', CASE WHEN FOUND THEN 'done' ELSE 'session-expired' END);
END
$body$;`;

/**
 * Ends sessions for good: those that are named if they have expired or their owner closes them, or without names
 * some that have expired. Who meets the item of an expired session calls this before it counts the item as gone.
 * Merely leaving it out of what is read would let it come back when the server's clock is set back.
 */
const buryText = `
CREATE FUNCTION $schema$.bury(request jsonb) RETURNS jsonb $settings$ AS $body$
DECLARE
  is_closing boolean := coalesce((request->>'closing')::boolean, false);
  own text;
  until timestamptz;
  dead text[] := '{}';
  place text;
  number bigint;
  through bigint;
  lasts jsonb := '{}';
BEGIN
  IF NOT EXISTS (SELECT FROM store WHERE id = request->>'store') THEN
    RETURN jsonb_build_object('outcome', 'other-store');
  END IF;
  PERFORM make_durable();
  IF request->'sessions' IS NULL THEN
    SELECT coalesce(array_agg(id), '{}') INTO dead FROM (
      SELECT id FROM sessions WHERE expires_at <= clock_timestamp()
      ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) expired;
  ELSE
    FOR own IN SELECT value FROM jsonb_array_elements_text(request->'sessions') ORDER BY value COLLATE "C" LOOP
      SELECT expires_at INTO until FROM sessions WHERE id = own FOR UPDATE;
      CONTINUE WHEN FOUND AND until > clock_timestamp() AND NOT is_closing;
      dead := dead || own;
    END LOOP;
  END IF;
  DELETE FROM sessions WHERE id = ANY(dead);
  FOR place IN SELECT DISTINCT directory FROM items WHERE session = ANY(dead) ORDER BY 1 LOOP
    number := lock_directory(place, false);
    WITH gone AS (
      DELETE FROM items WHERE directory = place AND session = ANY(dead) RETURNING name, created, session
    ), numbered AS (
      SELECT gone.*, row_number() OVER (ORDER BY created) AS ordinal, count(*) OVER () AS total FROM gone
    ), told AS (
      INSERT INTO changes (directory, sequence, through, kind, name, created, session, at)
      SELECT place, number + ordinal, number + total, CASE WHEN is_closing THEN 'deleted' ELSE 'expired' END, name, created, session, clock_timestamp()
      FROM numbered RETURNING sequence
    )
    SELECT coalesce(max(sequence), number) INTO through FROM told;
    UPDATE directories SET last = through WHERE directory = place;
    lasts := lasts || jsonb_build_object(place, through);
  END LOOP;
  RETURN jsonb_build_object('outcome', 'done', 'buried', to_jsonb(dead), 'lasts', lasts);
END
$body$;`;

/**
 * Forgets what nobody will ask for: old changes, answers to old requests, and the rows of directories in which
 * nothing has been for as long. Takes what is free and a bounded part of it, so that it never stands in the way.
 */
const tidyText = `
CREATE FUNCTION $schema$.tidy(request jsonb) RETURNS jsonb $settings$ AS $body$
DECLARE
  oldest timestamptz := clock_timestamp() - (request->>'keepMs')::bigint * interval '1 millisecond';
  place text;
  number bigint;
  highest bigint := 0;
  forgotten bigint;
  answer jsonb;
BEGIN
  answer := bury(request - 'sessions');
  IF answer->>'outcome' <> 'done' THEN
    RETURN answer;
  END IF;
  DELETE FROM changes WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM changes WHERE at < oldest LIMIT ${forgottenMax} FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  DELETE FROM requests WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM requests WHERE at < oldest LIMIT ${forgottenMax} FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS number = ROW_COUNT;
  answer := answer || jsonb_build_object('hasMore', greatest(forgotten, number) = ${forgottenMax});
  PERFORM FROM store FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN answer;
  END IF;
  FOR place, number IN
    SELECT d.directory, d.last FROM directories d
    WHERE NOT EXISTS (SELECT FROM items i WHERE i.directory = d.directory)
      AND NOT EXISTS (SELECT FROM changes c WHERE c.directory = d.directory)
    LIMIT 1000 FOR UPDATE SKIP LOCKED
  LOOP
    -- Looked at again, since what was seen before the lock may have changed until it was there.
    CONTINUE WHEN EXISTS (SELECT FROM items i WHERE i.directory = place)
      OR EXISTS (SELECT FROM changes c WHERE c.directory = place);
    DELETE FROM directories WHERE directory = place RETURNING last INTO number;
    highest := greatest(highest, number);
  END LOOP;
  UPDATE store SET floor = highest WHERE floor < highest;
  RETURN answer;
END
$body$;`;

/** To be called once behind a restored backup: nothing is what it was, and no number is given out a second time. */
const restoredText = `
CREATE FUNCTION $schema$.restored() RETURNS text $settings$ AS $body$
DECLARE
  drawn text := ${drawnText};
BEGIN
  UPDATE store SET id = drawn, floor = floor + 1000000000000;
  UPDATE directories SET last = last + 1000000000000;
  DELETE FROM changes;
  DELETE FROM requests;
  DELETE FROM sessions;
  DELETE FROM items WHERE session IS NOT NULL;
  RETURN drawn;
END
$body$;`;
