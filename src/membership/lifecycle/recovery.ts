/** Handlers that fetch what a node has missed, when it joins and when it comes back from being degraded. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { webClock } from '../../ports/web/index.ts';
import { within } from './within.ts';

export interface RecoveryContext {
  /** `joined`: it is new or was away; `restored`: it was degraded. */
  readonly reason: 'joined' | 'restored';
  /** Aborts when it takes too long, and when it is not wanted any more. */
  readonly signal: AbortSignal;
}

export interface Recovery {
  /** For errors. */
  readonly name: string;
  /**
   * Resolves when nothing is missing. May be asked again after it was broken off, while it is still at it if it does not
   * heed its signal: what it has done must not hurt then.
   */
  recover(context: RecoveryContext): Promise<void> | void;
  /** Default 30 s. */
  readonly within?: Duration;
}

export interface PeerRecoveryOptions<Peer> {
  readonly name: string;
  /** Default: the clock of this runtime. */
  readonly clock?: Clock;
  /** Whom to ask, the best first; looked at anew each time. */
  readonly peers: () => readonly Peer[];
  /** Fetches what is missing from this peer, all of it, or throws. */
  readonly fetch: (peer: Peer, context: RecoveryContext) => Promise<void>;
  /** How long one peer has before the next is asked. Default 5 s. */
  readonly peerWithin?: Duration;
  readonly within?: Duration;
  /** With nobody to ask there is nothing to fetch: the first node of a cluster. Default true; false makes it an error. */
  readonly mayBeAlone?: boolean;
}

/** A recovery that asks one peer after the other until one has given everything. */
export function recoverFromPeers<Peer>(options: PeerRecoveryOptions<Peer>): Recovery {
  const {
    name,
    clock = webClock(),
    peers,
    fetch,
    peerWithin = '5s',
    within: all = '30s',
    mayBeAlone = true,
  } = options;
  const peerMs = durationMs(peerWithin, 'peerWithin');
  durationMs(all, 'within');
  if (peerMs === 0) throw invalidOption('peerWithin', peerWithin, 'more than 0 ms');
  const recover = async ({ reason, signal }: RecoveryContext): Promise<void> => {
    const errors: unknown[] = [];
    for (const peer of peers()) {
      try {
        const task = (limit: AbortSignal): Promise<void> => fetch(peer, { reason, signal: limit });
        await within({ clock, what: `${name} from one peer`, forMs: peerMs, signal, task });
        return;
      } catch (error) {
        signal.throwIfAborted();
        errors.push(error);
      }
    }
    if (errors.length === 0 && mayBeAlone) return;
    const told =
      errors.length === 0 ? 'there is no peer to ask' : `none of ${errors.length} peers could give it`;
    throw new AggregateError(errors, `${name} is missing: ${told}`);
  };
  return { name, recover, within: all };
}
