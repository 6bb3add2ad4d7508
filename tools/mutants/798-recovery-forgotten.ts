/** The time that a service is critical goes on counting while it is well, and a healthy one is taken out of the registry. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'The time that a service is critical goes on counting while it is well, and a healthy one is taken out of the registry.',
  patches: [
    {
      file: 'src/discovery/checks/health-watch.ts',
      find: "    this.#criticalSinceMs = to === 'critical' ? this.#ports.clock.now() : undefined;\n",
      replace: '    this.#criticalSinceMs ??= this.#ports.clock.now();\n',
    },
  ],
  seenBy: 'test/discovery/checks/health-watch.test.ts',
};
