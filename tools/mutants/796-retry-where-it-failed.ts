/** A call is tried again at the instance at which it has just failed. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'A call is tried again at the instance at which it has just failed.',
  patches: [
    {
      file: 'src/discovery/calls/service-policy.ts',
      find: 'const slot = this.balancer.pick(nowMs, { key, excluding });',
      replace: 'const slot = this.balancer.pick(nowMs, { key, excluding: excluding.slice(0, 0) });',
    },
  ],
  seenBy: 'test/discovery/calls/service-client.test.ts',
};
