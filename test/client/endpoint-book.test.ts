/** A client's book of endpoints: what it was given stays, what it was told comes and goes, and strangers are not believed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointBook } from '../../src/client/endpoint-book.ts';
import type { MemberList } from '../../src/net/index.ts';
import type { Address } from '../../src/ports/index.ts';

const at = (port: number): Address => ({ host: 'node', port });

function list(all: readonly number[], cluster = 'ours'): MemberList {
  const members = all.map((port, place) => ({
    id: place + 1,
    part: 'voter' as const,
    card: { name: `n${port}`, address: at(port), part: 'voter' as const },
  }));
  return { cluster, member: 1, term: 1, leader: 1, members };
}

const ports = (book: EndpointBook): number[] => book.current.map((endpoint) => book.address(endpoint).port);

test('members that join are asked too, and those that leave no longer, but for the ones that were given', () => {
  const book = new EndpointBook([at(1)]);
  book.told(list([1, 2, 3]));
  assert.deepEqual(ports(book), [1, 2, 3]);
  book.told(list([2, 3, 4]));
  assert.deepEqual(ports(book), [1, 2, 3, 4]);
  book.told(list([4]));
  assert.deepEqual(ports(book), [1, 4]);
  assert.equal(book.next(0), 3);
  assert.equal(book.next(3), 0);
});

test('the place of one that left is given to one that came, and whoever holds it is told', () => {
  const book = new EndpointBook([at(1)]);
  book.told(list([1, 2]));
  assert.deepEqual(book.told(list([1, 3])), [1]);
  assert.deepEqual(ports(book), [1, 3]);
});

test('what nodes of another cluster say is not for us', () => {
  const book = new EndpointBook([at(1)]);
  book.told(list([1, 2]));
  assert.deepEqual(book.told(list([8, 9], 'theirs')), []);
  assert.deepEqual(ports(book), [1, 2]);
});

test('no more is learned than the bound, whoever tells it', () => {
  const book = new EndpointBook([at(1)]);
  book.told(list(Array.from({ length: 200 }, (_, place) => place + 1)));
  assert.equal(book.current.length, 65);
});

test('on the word of others nobody goes to a stranger, nor to one that could not be reached just now', () => {
  const book = new EndpointBook([at(1)]);
  book.told(list([1, 2]));
  assert.equal(book.find(at(9), 0), undefined);
  assert.equal(book.find(at(2), 0), 1);
  book.avoid(1, 0);
  assert.equal(book.find(at(2), 4_999), undefined);
  assert.equal(book.find(at(2), 5_000), 1);
  book.strike(1);
  assert.deepEqual(ports(book), [1]);
  assert.equal(book.find(at(2), 9_000), undefined);
});
