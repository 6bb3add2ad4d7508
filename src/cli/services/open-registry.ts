/** The registry behind the address that the command was told, and how long it is waited for. */
import { linkSignals, QuorateError } from '../../base/index.ts';
import {
  type RegistryOptions,
  type RegistryView,
  type ServiceRegistry,
  serviceRegistry,
} from '../../discovery/index.ts';
import { engineOf } from '../coordination.ts';
import { timeoutMsOf } from '../endpoints.ts';
import type { Invocation } from '../verb.ts';

/** Closes the registry and what it stands on, when `use` is over. */
export async function withRegistry<T>(
  invocation: Invocation,
  options: RegistryOptions,
  use: (registry: ServiceRegistry) => Promise<T>,
): Promise<T> {
  await using engine = await engineOf(invocation);
  await using registry = serviceRegistry(engine, options);
  return await use(registry);
}

/** Waits until something is known, for as long as `--timeout` says. */
export async function readyView(
  invocation: Invocation,
  registry: ServiceRegistry,
  service: string,
): Promise<RegistryView> {
  const timeoutMs = timeoutMsOf(invocation);
  const view = await registry.view(service);
  using link = linkSignals(invocation.signal);
  const timer = setTimeout(() => link.abort(nothingHeard(service, timeoutMs)), timeoutMs);
  try {
    await view.ready({ signal: link.signal });
    return view;
  } catch (error) {
    view.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function nothingHeard(service: string, milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `nothing was heard of ${service} within ${milliseconds} ms; check --endpoints, and with quorate status who answers`,
    data: { milliseconds },
    outcome: 'not-applied',
  });
}
