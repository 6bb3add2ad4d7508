/**
 * A ZooKeeper server by script, in one process: a handful of sessions and nodes without order or disk, and all the
 * ways to misbehave that a real one shows only when it likes to.
 */

import {
  JuteFrameReader,
  JuteReader,
  type JuteWriter,
  kinds,
  type NodeState,
  noSession,
  xids,
} from '../../../src/engines/zookeeper/wire/index.ts';
import type { LocalNetwork } from '../../../src/net/index.ts';
import type { Connection } from '../../../src/ports/index.ts';
import { granted, replyBytes, stateBytes } from './server-bytes.ts';

export interface Asked {
  readonly xid: number;
  readonly kind: number;
  readonly reader: JuteReader;
}

export interface Greeted {
  readonly lastZxid: number;
  readonly timeoutMs: number;
  readonly session: string;
}

type Answer =
  | { readonly error: number; readonly write?: (writer: JuteWriter) => void }
  | 'silence'
  | 'close'
  /** Carries it out, and closes before the answer leaves. */
  | { readonly closesBehind: () => void };

export interface ScriptedNode {
  readonly data: Uint8Array;
  readonly state: NodeState;
}

const release = 'Zookeeper version: 3.5.9-83df9301aa5c2a5d284a9940177808c01bc35cef, built on 01/06/2021\n';

export class ScriptedServer {
  zxid = 100;
  readonly nodes: Map<string, ScriptedNode> = new Map();
  readonly greetings: Greeted[] = [];
  readonly asked: number[] = [];
  /** Told before what the server does by itself; undefined lets it. */
  onGreeting: (greeted: Greeted) => Uint8Array | 'silence' | 'close' | undefined = () => undefined;
  onAsked: (asked: Asked) => Answer | undefined = () => undefined;
  /** As an old release, or a wrong password. */
  refusesAuth = false;
  #sessions = 0;
  readonly #open = new Set<Connection>();

  /** Listens at a port of that network. */
  static async start(network: LocalNetwork, port: number): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await network.listen({ address: { host: 'zk', port } }, (connection) => server.#accept(connection));
    return server;
  }

  get connections(): number {
    return this.#open.size;
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const connection of this.#open) connection.destroy();
  }

  /** Tells all who are connected. */
  tell(type: number, path: string): void {
    const frame = replyBytes({ xid: xids.notification, zxid: -1, error: 0 }, (writer) => {
      writer.int(type);
      writer.int(3);
      writer.text(path);
    });
    for (const connection of this.#open) connection.write(frame.slice());
  }

  put(path: string, data = '', owner: string = noSession): ScriptedNode {
    this.zxid += 1;
    const before = this.nodes.get(path)?.state;
    const node = {
      data: new TextEncoder().encode(data),
      state: {
        czxid: before?.czxid ?? this.zxid,
        mzxid: this.zxid,
        version: before === undefined ? 0 : before.version + 1,
        owner,
        childrenCount: 0,
      },
    };
    this.nodes.set(path, node);
    return node;
  }

  #accept(connection: Connection): void {
    this.#open.add(connection);
    let hasGreeted = false;
    const reader = new JuteFrameReader({
      frameBytesMax: 1 << 20,
      claimBytesMax: () => 1 << 20,
      frame: (bytes) => {
        if (hasGreeted) this.#answer(connection, bytes);
        else this.#greet(connection, bytes);
        hasGreeted = true;
      },
      tooLarge: () => undefined,
    });
    connection.start({
      received: (bytes) => {
        if (hasGreeted || new TextDecoder().decode(bytes) !== 'srvr') return reader.push(bytes);
        connection.write(new TextEncoder().encode(release));
        connection.end();
      },
      drained: () => undefined,
      ended: () => connection.destroy(),
      closed: () => this.#open.delete(connection),
    });
  }

  #greet(connection: Connection, bytes: Uint8Array): void {
    const reader = new JuteReader(bytes, 'a handshake');
    reader.int();
    const lastZxid = reader.long();
    const timeoutMs = reader.int();
    const asked = reader.id();
    const greeted = { lastZxid, timeoutMs, session: asked };
    this.greetings.push(greeted);
    const answer = this.onGreeting(greeted);
    if (answer === 'silence') return;
    if (answer === 'close' || (answer === undefined && lastZxid > this.zxid)) return connection.end();
    if (answer !== undefined) {
      connection.write(answer);
      return;
    }
    this.#sessions += 1;
    const session = asked === noSession ? this.#sessions.toString(16).padStart(16, '0') : asked;
    const least = Math.min(Math.max(timeoutMs, 4_000), 40_000);
    connection.write(granted({ session, timeoutMs: least }));
  }

  #answer(connection: Connection, bytes: Uint8Array): void {
    const reader = new JuteReader(bytes, 'a request');
    const asked = { xid: reader.int(), kind: reader.int(), reader };
    this.asked.push(asked.kind);
    const answer = this.onAsked(asked) ?? this.#usual(asked);
    if (answer === 'silence') return;
    if (answer === 'close') return connection.destroy();
    if ('closesBehind' in answer) {
      answer.closesBehind();
      return connection.destroy();
    }
    const { error, write = () => undefined } = answer;
    connection.write(replyBytes({ xid: asked.xid, zxid: this.zxid, error }, write));
  }

  #usual({ kind, reader }: Asked): Answer {
    switch (kind) {
      case kinds.auth:
        return { error: this.refusesAuth ? -115 : 0 };
      case kinds.getData:
      case kinds.exists: {
        const node = this.nodes.get(reader.text());
        if (node === undefined) return { error: -101 };
        return {
          error: 0,
          write: (writer) => {
            if (kind === kinds.getData) writer.buffer(node.data);
            stateBytes(writer, node.state);
          },
        };
      }
      case kinds.getChildren:
        return this.#children(reader.text());
      default:
        return { error: 0 };
    }
  }

  #children(path: string): Answer {
    const node = this.nodes.get(path);
    if (node === undefined) return { error: -101 };
    const names = [...this.nodes.keys()].flatMap((one) =>
      one.slice(0, one.lastIndexOf('/')) === path ? [one.slice(path.length + 1)] : [],
    );
    return {
      error: 0,
      write: (writer) => {
        writer.int(names.length);
        for (const name of names) writer.text(name);
        stateBytes(writer, node.state);
      },
    };
  }
}
