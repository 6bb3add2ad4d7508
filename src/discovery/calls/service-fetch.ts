/**
 * A `fetch` for addresses such as `service://orders/items/7`: each try goes to the instance that it has chosen. All else
 * is as with `resilientFetch`: which statuses are failures, what may be tried again by its method, what the caller gets.
 */
import { invalidOption } from '../../base/index.ts';
import {
  type ResilientFetch,
  type ResilientFetchOptions,
  type ResilientInit,
  resilientFetch,
  type Sender,
} from '../../resilience/index.ts';
import type { Instance } from '../instance.ts';
import type { ServiceClient } from './service-client.ts';
import { instanceOf } from './service-policy.ts';

export interface ServiceFetchOptions extends ResilientFetchOptions {
  /** How instances are spoken to that do not say so by `scheme` in their metadata; `http` unless given. */
  readonly scheme?: 'http' | 'https';
}

export type ServiceFetch = ResilientFetch;

type FetchInput = Parameters<ServiceFetch>[0];

export function serviceFetch(
  clientOf: (service: string) => ServiceClient,
  options: ServiceFetchOptions = {},
): ServiceFetch {
  const { scheme = 'http', fetch: send = plainFetch, ...rest } = options;
  if (scheme !== 'http' && scheme !== 'https') throw invalidOption('scheme', scheme, "'http' or 'https'");
  const sender: Sender = (input, init, call) =>
    send(redirected(input, instanceOf(call) as Instance, scheme), init, call);
  const fetches = new WeakMap<ServiceClient, ServiceFetch>();
  return async (input, init?: ResilientInit) => {
    const client = clientOf(serviceIn(input));
    const known = fetches.get(client) ?? resilientFetch(client.policy, { ...rest, fetch: sender });
    fetches.set(client, known);
    return known(input, init);
  };
}

function plainFetch(...[input, init]: Parameters<Sender>): Promise<Response> {
  return globalThis.fetch(input, init);
}

function urlOf(input: FetchInput): string {
  return typeof input === 'string' ? input : 'url' in input ? input.url : input.href;
}

function serviceIn(input: FetchInput): string {
  const text = urlOf(input);
  const [, written] = /^service:\/\/([^/?#]+)/.exec(text) ?? [];
  const service = written === undefined ? undefined : decoded(written);
  if (service === undefined)
    throw invalidOption('input', text, 'an address such as service://orders/items/7');
  return service;
}

/** Undefined for what a stray percent sign makes unreadable. */
function decoded(written: string): string | undefined {
  try {
    return decodeURIComponent(written);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The same request, to this instance. */
function redirected(
  input: FetchInput,
  { address, metadata }: Instance,
  otherwise: 'http' | 'https',
): FetchInput {
  const { host, port } = address;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const scheme =
    metadata['scheme'] === 'https' || metadata['scheme'] === 'http' ? metadata['scheme'] : otherwise;
  const text = urlOf(input).replace(/^service:\/\/[^/?#]+/, `${scheme}://${authority}`);
  return typeof input === 'object' && 'url' in input ? new Request(text, input) : text;
}
