/** Stories on a disk that loses its power at every operation in turn, and what is left of them. */
import assert from 'node:assert/strict';
import { FaultDisk, type Tear } from './fault-disk.ts';

/** A story on a disk; it says through `done` how far it came. */
export type Story = (on: FaultDisk, done: (step: string) => void) => Promise<void>;

export interface Remains {
  readonly on: FaultDisk;
  readonly done: ReadonlySet<string>;
  readonly where: string;
}

/** Tells the story until the power goes at every operation in turn, and looks at what is left each time. */
export async function crashEverywhere(
  story: Story,
  look: (remains: Remains) => Promise<void>,
): Promise<void> {
  const whole = new FaultDisk({ seed: 1 });
  await story(whole, () => undefined);
  assert.ok(whole.operations > 5);
  // The last time the power goes when all is told.
  for (let crashAt = 1; crashAt <= whole.operations + 1; crashAt += 1) {
    for (const [place, tear] of (['none', 'all', 'scattered', 'bytes', 'kill'] as const).entries()) {
      const done = new Set<string>();
      const torn: Partial<{ tear: Tear; kill: boolean }> = tear === 'kill' ? { kill: true } : { tear };
      const on = new FaultDisk({ seed: crashAt * 10 + place, crashAt, ...torn });
      await Promise.race([story(on, (step) => done.add(step)), on.crashed]);
      await look({ on: on.reboot({ seed: crashAt }), done, where: `operation ${crashAt}, ${tear}` });
    }
  }
}
