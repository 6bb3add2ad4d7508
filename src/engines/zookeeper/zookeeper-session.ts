/**
 * A session of the port is one of ZooKeeper with a connection of its own, because the nodes of a session are made on
 * its connection and vanish with it.
 *
 * What keeps it alive is subtle. A server answers a ping by itself, also when it has lost the leader, who alone decides
 * that a session has expired; so an answered ping is no proof. What is one: a ping, then, when the server has had time
 * to tell the leader of it, a question that the leader answers. Followers tell the leader twice a tick, and no session
 * may be shorter than two ticks; a quarter of its time is enough. A handshake is a proof of its own, because the leader
 * is asked in it.
 */
import { QuorateError, untilAborted } from '../../base/index.ts';
import { type Clock, pause, type Timer } from '../../ports/index.ts';
import { LivingSession, renewalShareDefault } from '../port/index.ts';
import { closedError, type ServerSettings, ZookeeperClient } from './connection/index.ts';
import { bodyOf } from './tree.ts';
import { closeRequest, syncRequest } from './wire/index.ts';

export interface ZookeeperSessionOptions {
  readonly settings: ServerSettings;
  readonly ttlMs: number;
  readonly renewalShare: number | undefined;
  /** For how long a server that does not answer is asked to end it. */
  readonly closingMsMax: number;
  readonly signal: AbortSignal;
  readonly onEnd: (session: ZookeeperSession) => void;
}

/** How long the leader may take to hear of a ping from the server that it went to, as a share of the session's time. */
const relayShare = 0.25;
/**
 * Renewed no more rarely than this, whatever is asked for: a renewal is proven late, and when a server falls silent a
 * third of the time goes by before another one is tried, for which some must be left.
 */
const renewalShareMost = 1 / 6;
/** A session that has another connection within this share of its time was not suspended: most servers answer at once. */
const graceShare = 1 / 12;
/** How long the end of a session that came to nothing may take. */
const releaseMsMax = 1_000;

export class ZookeeperSession extends LivingSession {
  readonly client: ZookeeperClient;
  readonly #clock: Clock;
  readonly #closingMsMax: number;

  static async open(options: ZookeeperSessionOptions): Promise<ZookeeperSession> {
    const { settings, ttlMs, signal } = options;
    const { clock } = settings;
    let session: ZookeeperSession | undefined;
    let grace: Timer | undefined;
    const client = new ZookeeperClient({
      settings,
      timeoutMs: ttlMs,
      renews: false,
      onConnected: ({ sentAt, granted }) => {
        grace?.cancel();
        if (granted.timeoutMs === ttlMs) session?.life.renewed(sentAt);
        else
          session?.lose('a server grants another time than was promised', otherTtl(ttlMs, granted.timeoutMs));
      },
      onDisconnected: () => {
        grace = clock.setTimer(ttlMs * graceShare, () => session?.life.suspend(), { background: true });
      },
      onEnded: (reason) => {
        grace?.cancel();
        session?.lose('its connection ended for good', reason);
      },
    });
    try {
      const { sentAt } = await client.connected(signal);
      if (client.grantedMs !== ttlMs) throw otherTtl(ttlMs, client.grantedMs);
      session = new ZookeeperSession(client, sentAt, options);
      return session;
    } catch (error) {
      await release(client, clock, releaseMsMax);
      throw error;
    }
  }

  private constructor(
    client: ZookeeperClient,
    sentAt: number,
    { settings, ttlMs, renewalShare = renewalShareDefault, closingMsMax, onEnd }: ZookeeperSessionOptions,
  ) {
    const { clock } = settings;
    const share = Math.min(renewalShare, renewalShareMost);
    super({ clock, id: client.session, ttlMs, share, sentAt, onEnd: () => onEnd(this) });
    this.client = client;
    this.#clock = clock;
    this.#closingMsMax = closingMsMax;
    // Its connection is of no use behind it.
    this.whenOver(() => void this.close());
  }

  /** When it has let itself expire the server may not have, and what it holds should not wait for that. */
  protected override async farewell(leftMs: number): Promise<void> {
    const forMs = Math.min(Math.max(leftMs, this.ttlMs * relayShare), this.#closingMsMax);
    await release(this.client, this.#clock, forMs);
  }

  protected override async renew(signal: AbortSignal): Promise<void> {
    const link = await this.client.connected(signal);
    link.ping();
    await pause(this.#clock, this.ttlMs * relayShare, signal, { background: true });
    try {
      bodyOf(link, await link.request(syncRequest('/')));
    } catch (error) {
      if (!link.isLost) throw error;
      // The leader is asked when the next connection is made, which is behind the ping.
      await this.client.connected(signal);
    }
  }
}

/** Tells the server that a session is over, as long as it takes up to a bound; without it the session expires by itself. */
async function release(client: ZookeeperClient, clock: Clock, forMs: number): Promise<void> {
  client.leaves();
  const patience = new AbortController();
  const timer = clock.setTimer(forMs, () => patience.abort(closedError('session')));
  try {
    while (!patience.signal.aborted) {
      const link = await client.connected(patience.signal);
      const answered = link.request(closeRequest()).then(
        () => true,
        () => false,
      );
      if (await untilAborted(answered, patience.signal)) break;
      await untilAborted(link.lost, patience.signal);
    }
  } catch (error) {
    // Nobody can be told, or the session is over there already.
    if (!(error instanceof QuorateError)) throw error;
  } finally {
    timer.cancel();
    await client.close();
  }
}

function otherTtl(ttlMs: number, limitMs: number): QuorateError<'ttl-out-of-range'> {
  return new QuorateError({
    code: 'ttl-out-of-range',
    message:
      `a time to live of ${ttlMs} ms was asked for, and this ZooKeeper server grants ${limitMs} ms; ask for a time ` +
      'that it grants, or mend its minSessionTimeout and maxSessionTimeout',
    data: { ttlMs, limitMs },
    outcome: 'not-applied',
  });
}
