/**
 * What the faults that are under way together do to one connection. Where several meet, the one that lets least
 * through wins.
 */
import type { Rule, Way } from './door.ts';
import type { Fault } from './fault.ts';
import { type Flow, openFlow } from './pipe.ts';

/** A fault under way, with its victim settled. */
export interface ActiveFault {
  readonly fault: Fault;
  /** Absent where the fault has none. */
  readonly victim: number | undefined;
}

const held: Flow = { kind: 'held' };
const swallowed: Flow = { kind: 'swallowed' };

const severity: Readonly<Record<Flow['kind'], number>> = {
  open: 0,
  delayed: 1,
  narrow: 2,
  held: 3,
  swallowed: 4,
};

export function peerRule(active: Iterable<ActiveFault>, way: Way): Rule {
  return together([...active].map((one) => memberRule(one, way)));
}

export function clientRule(active: Iterable<ActiveFault>, way: Way): Rule {
  return together([...active].map((one) => rulesForClients(one, way)));
}

function memberRule({ fault, victim }: ActiveFault, { from, to }: Way): Rule {
  const isTo = to === victim;
  const isTouched = isTo || from === victim;
  switch (fault.kind) {
    case 'isolate':
      return both(isTouched ? held : openFlow);
    case 'one-way': {
      if (!isTouched) return both(openFlow);
      const isForward = isTo === fault.deaf;
      return isForward ? { forward: held, backward: openFlow } : { forward: openFlow, backward: held };
    }
    case 'cut': {
      const isBetween =
        from !== undefined && from !== to && fault.between.includes(from) && fault.between.includes(to);
      return both(isBetween ? held : openFlow);
    }
    case 'bridge':
      return both(from === fault.over || to === fault.over ? openFlow : held);
    case 'delay':
      return both(isTouched ? { kind: 'delayed', ms: fault.ms } : openFlow);
    case 'narrow':
      return both(isTouched ? { kind: 'narrow', bytesPerSecond: fault.bytesPerSecond } : openFlow);
    case 'half-open':
      return both(isTouched ? swallowed : openFlow);
    default:
      return both(openFlow);
  }
}

function rulesForClients({ fault, victim }: ActiveFault, { to }: Way): Rule {
  if (to !== victim) return both(openFlow);
  if (fault.kind === 'clients-cut') return both(held);
  if (fault.kind === 'clients-half-open') return both(swallowed);
  return both(openFlow);
}

function both(flow: Flow): Rule {
  return { forward: flow, backward: flow };
}

function together(rules: readonly Rule[]): Rule {
  let { forward, backward } = both(openFlow);
  for (const rule of rules) {
    if (severity[rule.forward.kind] > severity[forward.kind]) forward = rule.forward;
    if (severity[rule.backward.kind] > severity[backward.kind]) backward = rule.backward;
  }
  return { forward, backward };
}
