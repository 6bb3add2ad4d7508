/** Marks: a place in each of some directories, of one store, and nothing to anybody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markOf, placeIn } from '../../../src/engines/postgres/marks.ts';
import { newsOf, payloadOf } from '../../../src/engines/postgres/news.ts';

test('a mark says how far each of its directories was', () => {
  const mark = markOf('store', { 'a/b': 7, 'a b/c d': 0 });
  assert.equal(placeIn(mark, 'store', 'a/b'), 7);
  assert.equal(placeIn(mark, 'store', 'a b/c d'), 0);
});

test('a mark says nothing of other directories, of another store, or when it is none', () => {
  const mark = markOf('store', { 'a/b': 7 });
  assert.equal(placeIn(mark, 'store', 'a'), undefined);
  assert.equal(placeIn(mark, 'store', 'b'), undefined);
  assert.equal(placeIn(mark, 'other', 'a/b'), undefined);
  assert.equal(placeIn('', 'store', 'a/b'), undefined);
  assert.equal(placeIn('store\nx a/b', 'store', 'a/b'), undefined);
  assert.equal(placeIn('store\na/b', 'store', 'a/b'), undefined);
  assert.equal(placeIn('store\n12345678901234567 a/b', 'store', 'a/b'), undefined);
});

test('news come through a notification as they are, and what others say there is no news', () => {
  const news = { directory: 'locks/Grüße an alle', last: 12 };
  assert.deepEqual(newsOf(payloadOf(news)), news);
  for (const payload of ['', '12', 'a b', '12345678901234567 a', '-1 a']) {
    assert.equal(newsOf(payload), undefined, payload);
  }
});
