/**
 * The service registry on an engine with its real server: instances are seen by others and go with their sessions, one
 * that stood still past the end of its session comes back, and an id is refused, or taken over by who says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServiceRegistry, type ServiceSnapshot, serviceRegistry } from '../../src/discovery/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import type { Clock } from '../../src/ports/index.ts';
import { realClock } from '../../src/ports/real/index.ts';
import { StandingClock } from '../../src/recipes/stories/index.ts';
import { failsWith } from '../ports/expectations.ts';

type Open = (options: { readonly clock: Clock }) => Promise<Engine>;

interface Program extends AsyncDisposable {
  readonly registry: ServiceRegistry;
  readonly clock: StandingClock;
  readonly ttlMs: number;
}

async function program(open: Open): Promise<Program> {
  const clock = new StandingClock(realClock());
  const engine = await open({ clock });
  const registry = serviceRegistry(engine, { lossGuard: false });
  return {
    ...{ registry, clock, ttlMs: Math.max(engine.limits.ttlMsMin, 3_000) },
    [Symbol.asyncDispose]: async () => {
      clock.goOn();
      await registry.close();
      await engine.close();
    },
  };
}

function idsOf({ instances }: ServiceSnapshot): string {
  return instances.map(({ id }) => id).join('');
}

export function registers(name: string, open: Open): void {
  test(`${name}: registry: instances are seen, go with their sessions and come back`, async () => {
    await using first = await program(open);
    await using second = await program(open);
    const service = `service-${process.pid}`;
    const address = { host: '10.0.0.1', port: 7000 };
    using view = await second.registry.view(service);
    await view.ready();
    const changes = view.changes();
    const seen = async (holds: (snapshot: ServiceSnapshot) => boolean): Promise<void> => {
      while (!holds(view.snapshot)) await changes.next();
    };
    const { ttlMs } = first;
    const a = await first.registry.register({ service, id: 'a', address, weight: 2 }, { ttl: ttlMs });
    const b = await second.registry.register({ service, id: 'b', address });
    await seen((snapshot) => idsOf(snapshot) === 'ab');
    await a.update({ weight: 7, tags: ['blue'] });
    await seen(({ instances }) => instances[0]?.weight === 7);
    await failsWith('name-taken', first.registry.register({ service, id: 'b', address }));

    first.clock.standStill();
    await seen((snapshot) => idsOf(snapshot) === 'b');
    const { token } = view.snapshot.instances[0] ?? { token: 0 };
    first.clock.goOn();
    await seen((snapshot) => idsOf(snapshot) === 'ab');
    assert.equal(view.snapshot.instances[0]?.weight, 7, 'it tells what it told before');
    assert.ok(
      (view.snapshot.instances[0]?.token ?? 0) > token,
      'and has a larger token than who came before',
    );

    await first.registry.register({ service, id: 'b', address, weight: 9 }, { takeOver: true });
    await seen(({ instances }) => instances[1]?.weight === 9);
    await failsWith('name-taken', b.update({ weight: 1 }));
    assert.ok((await second.registry.list()).includes(service));
    await first.registry.close();
    await seen((snapshot) => idsOf(snapshot) === '');
    assert.equal(view.isKnown, true);
  });
}
