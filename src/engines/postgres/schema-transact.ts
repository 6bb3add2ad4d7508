/**
 * The function that carries out a transaction of the port: takes the locks, finds out whether it was carried out
 * before, judges, writes. A request that is sent a second time leaves its refusal behind as well: its first sending
 * may still be on its way, and must then not do what was already refused.
 */

/** Changes that are kept for a directory at most, about; a watch that is further behind hears `present`. */
const changesKept = 10_000;

/** Why nothing may be done, or NULL. Items of dead sessions come first: who asked buries them and asks again. */
const refusalText = `
CREATE FUNCTION $schema$.refusal(request jsonb, lost_session text) RETURNS jsonb $settings$ AS $body$
DECLARE
  one jsonb;
  item items%ROWTYPE;
  dead text[] := '{}';
  sum numeric;
BEGIN
  IF lost_session IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'session-expired', 'session', lost_session);
  END IF;
  FOR one IN SELECT value FROM jsonb_array_elements(request->'keys') LOOP
    SELECT * INTO item FROM items WHERE directory = one->>0 AND name = one->>1;
    CONTINUE WHEN NOT FOUND OR item.session IS NULL;
    PERFORM FROM sessions WHERE id = item.session AND expires_at > clock_timestamp();
    IF NOT FOUND THEN
      dead := dead || item.session;
    END IF;
  END LOOP;
  IF cardinality(dead) > 0 THEN
    RETURN jsonb_build_object('outcome', 'dead', 'sessions', to_jsonb(dead));
  END IF;
  FOR one IN SELECT value FROM jsonb_array_elements(request->'fences') LOOP
    SELECT * INTO item FROM items WHERE directory = one->>'directory' AND name = one->>'name';
    IF item.created IS DISTINCT FROM (one->>'token')::bigint THEN
      RETURN jsonb_build_object('outcome', 'fenced', 'fence', one, 'current', coalesce(item.created, 0));
    END IF;
  END LOOP;
  FOR one IN SELECT value FROM jsonb_array_elements(request->'when') LOOP
    SELECT * INTO item FROM items WHERE directory = one->>'directory' AND name = one->>'name';
    IF NOT (CASE one->>'is'
      WHEN 'absent' THEN item.name IS NULL
      WHEN 'present' THEN item.name IS NOT NULL
      WHEN 'created' THEN item.created IS NOT DISTINCT FROM (one->>'number')::bigint
      ELSE item.modified IS NOT DISTINCT FROM (one->>'number')::bigint END)
    THEN
      RETURN jsonb_build_object('outcome', 'condition');
    END IF;
  END LOOP;
  FOR one IN SELECT value FROM jsonb_array_elements(request->'operations') WHERE value->>'kind' = 'add' LOOP
    SELECT * INTO item FROM items WHERE directory = one->>'directory' AND name = one->>'name';
    IF encode(item.value, 'escape') !~ '^-?[0-9]{1,16}$' THEN
      RETURN jsonb_build_object('outcome', 'no-number', 'operation', one);
    END IF;
    sum := coalesce(encode(item.value, 'escape')::numeric, 0) + (one->>'amount')::numeric;
    IF sum < (one->>'least')::numeric OR sum > (one->>'most')::numeric THEN
      RETURN jsonb_build_object('outcome', 'bound');
    END IF;
  END LOOP;
  RETURN NULL;
END
$body$;`;

/** Carries out what was judged, in directories that are locked. */
const applyText = `
CREATE FUNCTION $schema$.apply(request jsonb, places text[], starts bigint[]) RETURNS jsonb $settings$ AS $body$
DECLARE
  one jsonb;
  item items%ROWTYPE;
  is_there boolean;
  at_place integer;
  lasts bigint[] := starts;
  now_value bytea;
  now_session text;
  written changes[] := '{}';
  results jsonb := '[]';
  answer_lasts jsonb := '{}';
BEGIN
  FOR one IN SELECT value FROM jsonb_array_elements(request->'operations') LOOP
    at_place := array_position(places, one->>'directory');
    SELECT * INTO item FROM items WHERE directory = one->>'directory' AND name = one->>'name';
    is_there := FOUND;
    IF one->>'kind' = 'delete' THEN
      results := results || jsonb_build_object('existed', is_there);
      CONTINUE WHEN NOT is_there;
      lasts[at_place] := lasts[at_place] + 1;
      DELETE FROM items WHERE directory = item.directory AND name = item.name;
      written := written || ROW(item.directory, lasts[at_place], 0, 'deleted', item.name, NULL, item.created, NULL,
        clock_timestamp())::changes;
      CONTINUE;
    END IF;
    IF one->>'kind' = 'append' AND is_there THEN
      results := results || jsonb_build_object('created', item.created);
      CONTINUE;
    END IF;
    lasts[at_place] := lasts[at_place] + 1;
    now_value := decode(one->>'value', 'base64');
    now_session := one->>'session';
    IF one->>'kind' = 'add' THEN
      now_value := decode((coalesce(encode(item.value, 'escape')::bigint, 0) + (one->>'amount')::bigint)::text,
        'escape');
      results := results || jsonb_build_object('before', coalesce(encode(item.value, 'escape')::bigint, 0),
        'after', encode(now_value, 'escape')::bigint);
    END IF;
    IF is_there THEN
      UPDATE items SET value = now_value, modified = lasts[at_place], session = now_session
        WHERE directory = item.directory AND name = item.name;
    ELSE
      item.created := lasts[at_place];
      INSERT INTO items (directory, name, value, created, modified, session)
        VALUES (one->>'directory', one->>'name', now_value, item.created, item.created, now_session);
    END IF;
    written := written || ROW(one->>'directory', lasts[at_place], 0, 'put', one->>'name', now_value, item.created,
      now_session, clock_timestamp())::changes;
    IF one->>'kind' <> 'add' THEN
      results := results || jsonb_build_object('created', item.created, 'modified', lasts[at_place]);
    END IF;
  END LOOP;
  INSERT INTO changes (directory, sequence, through, kind, name, value, created, session, at)
    SELECT w.directory, w.sequence, max(w.sequence) OVER (PARTITION BY w.directory),
      w.kind, w.name, w.value, w.created, w.session, w.at
    FROM unnest(written) w;
  FOR at_place IN 1 .. cardinality(places) LOOP
    answer_lasts := answer_lasts || jsonb_build_object(places[at_place], lasts[at_place]);
    CONTINUE WHEN lasts[at_place] = starts[at_place];
    UPDATE directories SET last = lasts[at_place] WHERE directory = places[at_place];
    IF lasts[at_place] / 1000 <> starts[at_place] / 1000 THEN
      DELETE FROM changes WHERE directory = places[at_place] AND sequence <= lasts[at_place] - ${changesKept};
    END IF;
  END LOOP;
  RETURN jsonb_build_object('outcome', 'done', 'results', results, 'lasts', answer_lasts);
END
$body$;`;

const wholeText = `
CREATE FUNCTION $schema$.transact(request jsonb) RETURNS jsonb $settings$ AS $body$
DECLARE
  own text;
  lost_session text;
  place text;
  is_shared boolean;
  places text[] := '{}';
  starts bigint[] := '{}';
  verdict jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM store WHERE id = request->>'store') THEN
    RETURN jsonb_build_object('outcome', 'other-store');
  END IF;
  PERFORM make_durable();
  -- Shared with other writers and with renewals, and not with who buries: what is written under a session is there
  -- before the session's items are taken away, or not at all.
  FOR own IN SELECT value FROM jsonb_array_elements_text(request->'sessions') ORDER BY value COLLATE "C" LOOP
    PERFORM FROM sessions WHERE id = own AND expires_at > clock_timestamp() FOR KEY SHARE;
    IF NOT FOUND THEN
      lost_session := own;
    END IF;
  END LOOP;
  FOR place, is_shared IN
    SELECT directory, shared FROM jsonb_to_recordset(request->'directories') AS d (directory text, shared boolean)
    ORDER BY directory COLLATE "C"
  LOOP
    places := places || place;
    starts := starts || lock_directory(place, is_shared);
  END LOOP;
  SELECT answer INTO verdict FROM requests WHERE id = request->>'request';
  IF FOUND THEN
    RETURN verdict;
  END IF;
  verdict := refusal(request, lost_session);
  IF verdict->>'outcome' = 'dead' OR (verdict IS NOT NULL AND NOT (request->>'isAgain')::boolean) THEN
    -- Nothing was written but marks of locks, for which nobody has to wait.
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN verdict;
  END IF;
  IF verdict IS NULL THEN
    verdict := apply(request, places, starts);
  END IF;
  INSERT INTO requests (id, answer, at) VALUES (request->>'request', verdict, clock_timestamp());
  RETURN verdict;
END
$body$;`;

export const transactText: readonly string[] = [refusalText, applyText, wholeText];
