/**
 * Makes a connection: name, TCP, and the TLS handshake where asked. The attempt can end in five ways at three
 * stages; whichever comes first takes the socket and every listener with it.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Connection, ConnectOptions } from '../index.ts';
import { RealConnection } from './connection.ts';
import { cutHandshake, networkError } from './network-errors.ts';
import { SlabReader } from './slab.ts';
import { systemCode } from './system-code.ts';
import { clientTlsOptions } from './tls-settings.ts';

/** What all sockets of a network share. */
export interface SocketOptions {
  readonly noDelay: boolean;
  readonly allowHalfOpen: boolean;
  readonly highWaterMark: number;
}

export function dial(options: ConnectOptions, socketOptions: SocketOptions): Promise<Connection> {
  const { address, tls, signal } = options;
  return new Promise<Connection>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const tlsOptions = tls === undefined ? undefined : clientTlsOptions(tls, address);
    const slab = tlsOptions === undefined ? new SlabReader() : undefined;
    const raw = connectTcp({
      ...socketOptions,
      host: address.host,
      port: address.port,
      ...(slab === undefined ? {} : { onread: slab.socketOption() }),
    });
    let socket: Socket = raw;

    const succeed = (): void => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', fail);
      resolve(new RealConnection({ socket, remote: address, ...(slab === undefined ? {} : { slab }) }));
    };
    const giveUp = (reason: unknown): void => {
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      raw.destroy();
      reject(reason);
    };
    // The listener stays after `giveUp`: a socket may report another error while it goes.
    const fail = (error: Error): void => {
      const isCut = socket !== raw && systemCode(error) === 'ECONNRESET';
      giveUp(networkError('connect', address, isCut ? cutHandshake(error) : error));
    };
    const abort = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    raw.on('error', fail);
    if (tlsOptions === undefined) {
      raw.pause();
      raw.once('connect', succeed);
      return;
    }
    raw.once('connect', () => {
      socket = connectTls({ ...tlsOptions, socket: raw });
      socket.on('error', fail);
      socket.once('secureConnect', succeed);
    });
  });
}
