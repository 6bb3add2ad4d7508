/** One connection of a DNS server, with a peer that reads as slowly as a test says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DnsStream } from '../../../src/discovery/dns/dns-stream.ts';
import type { Connection, ConnectionHandler } from '../../../src/ports/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';

class SlowPeer implements Connection {
  readonly remote = { host: 'peer', port: 7 };
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  /** Whether what is written goes on at once. */
  isReading = true;
  written = 0;
  #handler: ConnectionHandler | undefined;

  get handler(): ConnectionHandler {
    assert.ok(this.#handler);
    return this.#handler;
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  write(): boolean {
    this.written += 1;
    return this.isReading;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

const question = Uint8Array.of(0, 1, 42);

/** Says every question again. */
function echoing(peer: SlowPeer, clock: ManualClock): { readonly slow: number; readonly ended: number } {
  const counts = { slow: 0, ended: 0 };
  const stream = new DnsStream({
    connection: peer,
    clock,
    idleMsMax: 1_000,
    answer: async (bytes) => bytes,
    slow: () => {
      counts.slow += 1;
    },
    ended: () => {
      counts.ended += 1;
    },
  });
  assert.ok(stream);
  return counts;
}

test('who does not read what was answered is not read either, until he does, and not for ever', async () => {
  const clock = new ManualClock();
  const peer = new SlowPeer();
  const counts = echoing(peer, clock);
  peer.isReading = false;
  peer.handler.received(Uint8Array.of(...question, ...question));
  await turn();
  assert.deepEqual([peer.written, peer.isPaused], [1, true]);

  peer.isReading = true;
  peer.handler.drained();
  await turn();
  assert.deepEqual([peer.written, peer.isPaused], [2, false], 'what waited is answered');

  peer.isReading = false;
  peer.handler.received(question);
  await turn();
  assert.deepEqual([peer.written, peer.isPaused], [3, true]);
  clock.advance(1_000);
  assert.deepEqual([peer.isDestroyed, counts, clock.timers], [true, { slow: 1, ended: 1 }, 0]);
});

test('a length that promises more than comes ends with the connection, or with its time', async () => {
  const clock = new ManualClock();
  const peers = [new SlowPeer(), new SlowPeer()] as const;
  for (const peer of peers) {
    echoing(peer, clock);
    peer.handler.received(Uint8Array.of(0xff, 0xff, 1, 2, 3));
  }
  peers[0].handler.ended();
  assert.deepEqual([peers[0].isEnded, peers[1].isEnded], [true, false]);
  clock.advance(1_000);
  assert.deepEqual([peers[0].isDestroyed, peers[1].isDestroyed, clock.timers], [true, true, 0]);
});
