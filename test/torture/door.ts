/**
 * A TCP proxy in front of one node. All that reaches the node from others comes through it, so a link can be cut
 * one way or both, slowed down, narrowed, left half open or reset, without root and on any platform. Who dials is
 * told by the first frame where the protocol is ours; a rule may be for one dialler or for all.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { decodeHello, FrameReader } from '../../src/net/index.ts';
import { type Flow, openFlow, Pipe } from './pipe.ts';

export interface DoorOptions {
  readonly port: number;
  readonly targetPort: number;
  /** Whose door it is, for those who read its rules. */
  readonly place: number;
  /** From the member that a first frame names to a place; absent where nobody can tell who dials. */
  readonly placeOf?: (member: number) => number | undefined;
}

/** What a rule is asked: the two ends of a connection. */
export interface Way {
  /** Who dialled; `undefined` for clients, and where it cannot be told. */
  readonly from: number | undefined;
  readonly to: number;
}

/** How bytes pass on a connection: from the dialler to the node, and back. */
export interface Rule {
  readonly forward: Flow;
  readonly backward: Flow;
}

const openRule: Rule = { forward: openFlow, backward: openFlow };

const helloBytesMax = 4096;

interface Passage {
  readonly dialler: Socket;
  readonly node: Socket;
  readonly pipes: readonly Pipe[];
  from: number | undefined;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #rule: (way: Way) => Rule = () => openRule;

  static async open(options: DoorOptions): Promise<Door> {
    const door = new Door(options);
    door.#server.listen(options.port, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  private constructor(options: DoorOptions) {
    this.#options = options;
    // Half of a connection may end before the other: that is for the two ends to decide.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (dialler) => this.#accept(dialler));
  }

  get port(): number {
    return this.#options.port;
  }

  /** Connections of which something was swallowed. */
  get hollow(): number {
    return [...this.#passages].filter(({ pipes }) => pipes.some((pipe) => pipe.isHollow)).length;
  }

  /** The rule is asked again for every piece that arrives. */
  setRule(rule: (way: Way) => Rule): void {
    this.#rule = rule;
    this.refresh();
  }

  /** What the rule says has changed. A connection of which a part was swallowed is reset as soon as bytes may pass again. */
  refresh(): void {
    for (const passage of [...this.#passages]) {
      const { forward, backward } = this.#ruleFor(passage);
      const isHollow = passage.pipes.some((pipe) => pipe.isHollow);
      if (isHollow && forward.kind !== 'swallowed' && backward.kind !== 'swallowed') reset(passage);
      else for (const pipe of passage.pipes) pipe.pump();
    }
  }

  /** Breaks every connection that is open now. */
  resetAll(): void {
    for (const passage of [...this.#passages]) reset(passage);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.resetAll();
    await closed;
  }

  #ruleFor({ from }: Pick<Passage, 'from'>): Rule {
    return this.#rule({ from, to: this.#options.place });
  }

  #accept(dialler: Socket): void {
    const node = connect({
      port: this.#options.targetPort,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    const passage: Passage = {
      dialler,
      node,
      from: undefined,
      pipes: [
        new Pipe(dialler, node, () => this.#ruleFor(passage).forward),
        new Pipe(node, dialler, () => this.#ruleFor(passage).backward),
      ],
    };
    this.#passages.add(passage);
    this.#identify(passage);
    for (const [socket, other] of [
      [dialler, node],
      [node, dialler],
    ] as const) {
      // The story of every broken connection is told by its end.
      socket.on('error', () => undefined);
      socket.on('close', (hadError) => this.#closed(passage, other, hadError));
    }
  }

  #identify(passage: Passage): void {
    const { placeOf } = this.#options;
    if (placeOf === undefined) return;
    const frames = new FrameReader({ payloadBytesMax: () => helloBytesMax });
    const look = (bytes: Uint8Array): void => {
      try {
        frames.push(bytes, (payload) => {
          passage.dialler.off('data', look);
          passage.from = placeOf(decodeHello(payload).from);
        });
      } catch {
        // Not for us to judge: the node will.
        passage.dialler.off('data', look);
      }
    };
    // Before the pipe hears of the same bytes, so that the first of them already go by the rule for this dialler.
    passage.dialler.prependListener('data', look);
  }

  /** One end is gone. A break travels like bytes do: who is behind a cut hears of it when the cut is over. */
  #closed(passage: Passage, other: Socket, hadError: boolean): void {
    for (const pipe of passage.pipes) pipe.close();
    if (other.destroyed) {
      this.#passages.delete(passage);
      return;
    }
    const { forward, backward } = this.#ruleFor(passage);
    const way = other === passage.node ? forward : backward;
    if (way.kind === 'held' || way.kind === 'swallowed') {
      for (const pipe of passage.pipes) pipe.isHollow = true;
      return;
    }
    if (hadError) resetSocket(other);
    else other.destroySoon();
  }
}

function reset({ dialler, node }: Passage): void {
  for (const socket of [dialler, node]) {
    if (!socket.destroyed) resetSocket(socket);
  }
}

/** A socket that is just telling its end cannot be reset: Node would never close it, nor exit. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
