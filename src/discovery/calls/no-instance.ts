/** Why nobody can be called: the error that says so, from what the balancer knows. */
import { QuorateError } from '../../base/index.ts';
import type { Availability, Balancer } from '../balancing/index.ts';

export type NoInstanceWhy = QuorateError<'no-instance'>['data']['why'];

export function notHeard(service: string, limitMs: number): QuorateError<'no-instance'> {
  return new QuorateError({
    code: 'no-instance',
    message: `${service}: nothing was heard of it within ${Math.round(limitMs)} ms; look whether the registry can be reached`,
    data: { service, known: 0, why: 'not-heard' },
  });
}

export function noInstance(service: string, balancer: Balancer, nowMs: number): QuorateError<'no-instance'> {
  const availability = balancer.availability(nowMs);
  const { known } = availability;
  const retryAfterMs = balancer.returnsAtMs - nowMs;
  return new QuorateError({
    code: 'no-instance',
    message: `${service}: ${told(availability)}`,
    data: {
      service,
      known,
      why: whyOf(availability),
      ...(Number.isFinite(retryAfterMs) && { retryAfterMs: Math.max(0, retryAfterMs) }),
    },
  });
}

function whyOf({ known, draining, shut, critical, ejected }: Availability): NoInstanceWhy {
  if (known === 0) return 'none-registered';
  if (draining === known) return 'draining';
  if (shut === known) return 'circuits-open';
  if (critical === known) return 'critical';
  return ejected === known ? 'ejected' : 'mixed';
}

function told({ known, draining, shut, critical, ejected }: Availability): string {
  if (known === 0) return 'no instance is registered; start one, or look at the name';
  const reasons = [
    [draining, 'draining'],
    [shut, 'shut by an open circuit'],
    [critical, 'failing its checks'],
    [ejected, 'set aside because calls to it fail'],
  ] as const;
  const parts = reasons.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `none of ${known} known instances may be called: ${parts.join(', ')}; try again later, or start another one`;
}
