/**
 * One connection, on which one message is under way at a time. Who gives a message up breaks its connection: there
 * is no telling what would come back on it, and asking the server to cancel would race with the next message.
 */
import { untilAborted } from '../../base/index.ts';
import type { PgClient, PgClientConfig, PgModule, PgNotification, PgResult, Row } from './pg-module.ts';
import {
  connectingOverdue,
  connectionLost,
  connectTrouble,
  foreignProtocol,
  statementTrouble,
} from './trouble.ts';

export interface ConnectionOptions {
  readonly module: PgModule;
  readonly client: PgClientConfig;
  readonly address: string;
}

export class Connection {
  readonly #client: PgClient;
  readonly #address: string;
  #isBroken = false;
  #onBroken: () => void = () => undefined;

  private constructor(client: PgClient, address: string) {
    this.#client = client;
    this.#address = address;
  }

  /** Rejects with the signal's reason, or with what connecting came to. */
  static async open(
    { module, client: config, address }: ConnectionOptions,
    signal: AbortSignal,
  ): Promise<Connection> {
    signal.throwIfAborted();
    const client = new module.Client(config);
    const connection = new Connection(client, address);
    client.on('error', () => connection.#break());
    const { stream } = client.connection;
    let isForeign = false;
    stream.once('data', (bytes) => {
      isForeign = !beginsProtocol(bytes, config.ssl !== false);
      if (isForeign) stream.destroy();
    });
    try {
      await untilAborted(client.connect(), signal);
      return connection;
    } catch (cause) {
      stream.destroy();
      connection.destroy();
      if (signal.aborted) throw connectingOverdue(address, signal.reason);
      throw isForeign ? foreignProtocol(address) : connectTrouble(address, cause);
    }
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether the process of the server that serves it is the one that it was told of: with a pooler between, it is not. */
  async isDirect(signal: AbortSignal): Promise<boolean> {
    const [row] = await this.run('SELECT pg_backend_pid() AS pid', signal);
    return row?.['pid'] === this.#client.processID;
  }

  /** Carries out the statements of `text` as one transaction, and resolves to the rows of the last. */
  run(text: string, signal: AbortSignal): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        this.destroy();
        reject(connectionLost(this.#address, signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#client.query(text).then(
        (answer) => {
          signal.removeEventListener('abort', onAbort);
          resolve(lastRows(answer));
        },
        (cause: unknown) => {
          signal.removeEventListener('abort', onAbort);
          const trouble = statementTrouble(this.#address, cause);
          if (trouble.kind === 'lost') this.#break();
          reject(trouble);
        },
      );
    });
  }

  onNotification(listener: (notification: PgNotification) => void): void {
    this.#client.on('notification', listener);
  }

  /** Called once, when it broke by itself. */
  onBroken(listener: () => void): void {
    this.#onBroken = listener;
    if (this.#isBroken) listener();
  }

  /** At once, and without a word to the server. */
  destroy(): void {
    this.#break();
    // With TLS this is another stream than at first.
    this.#client.connection.stream.destroy();
  }

  async close(): Promise<void> {
    this.#onBroken = () => undefined;
    this.#isBroken = true;
    await this.#client.end();
  }

  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#onBroken();
  }
}

function lastRows(answer: PgResult | readonly PgResult[]): readonly Row[] {
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  return (last as PgResult | undefined)?.rows ?? [];
}

const messageBytesMax = 30_000;

/** The first answer is one letter where encryption was asked for, and otherwise a short message of a few kinds. */
function beginsProtocol(bytes: Uint8Array, isEncrypted: boolean): boolean {
  const kind = String.fromCharCode(bytes[0] ?? 0);
  if (isEncrypted && bytes.length === 1) return kind === 'S' || kind === 'N';
  if (!'RENv'.includes(kind)) return false;
  if (bytes.length < 5) return true;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return length >= 4 && length <= messageBytesMax;
}
