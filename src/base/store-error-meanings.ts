/** What errors of the store mean, for people: a part of the table. */
import type { StoreErrorCode } from './store-error-codes.ts';

export const storeMeanings: { readonly [Code in StoreErrorCode]: string } = {
  compacted:
    'The revision is older than the last compaction; read a newer one, and begin a watch anew from what is there.',
  'future-revision': 'The revision is not reached here yet; wait for it, or ask the leader.',
  fenced: 'Another holder has taken over since the token was issued; acquire again and redo the work.',
  'lease-not-found': 'The lease has expired, was revoked or never was; grant a new one.',
  'lease-exists':
    'A lease with the number that was asked for exists; ask for another, or let the store choose.',
  'too-many-leases': 'The store holds as many leases and sessions as leasesMax allows; end some or raise it.',
  'lease-full': 'A lease holds as many keys as leaseKeysMax allows; spread them over several leases.',
  'ttl-out-of-range': 'A time to live is zero or longer than ttlMsMax allows.',
  'session-expired':
    'The session has ended, and with it the memory of which of its requests were carried out; open a new one and read before repeating.',
  'session-full':
    'The session has too many answers that it has not acknowledged; take some in and try again.',
  'stale-request':
    'A request was sent again after its answer had been acknowledged; it was carried out then, not now.',
  'quota-exceeded':
    'The store is full; reads, deletes and leases go on, and puts do again once keys are deleted and history is compacted.',
  'key-too-large': 'A key is longer than keyBytesMax allows.',
  'value-too-large': 'A value is longer than valueBytesMax allows.',
  'transaction-too-large':
    'A transaction has more compares or operations than operationsMax allows; split it.',
  'too-many-keys':
    'An operation would delete, sort or compare more keys than keysTouchedMax allows; take the range in parts.',
  'duplicate-key':
    'Two operations of one transaction write the same key; one revision holds one change of a key.',
  'not-a-number':
    'An add found a value that is no whole number in decimal text, so nothing was done; put a number there first.',
  'counter-out-of-range':
    'An add would have taken a counter beyond its bounds, or beyond ±(2^53 - 1), so nothing of its command was done; the error tells where the counter is.',
  'key-exists':
    'An append met its own key, which somebody has put by hand; delete that key, and leave the form of such keys to append.',
  'limit-out-of-range':
    'A limit of the store was to be set outside of what is possible; the message names it.',
  'not-read-only': 'A read contains an operation that writes; send it as a command.',
};
