/** What the log of a served node says of its life: each step once, as loud as it matters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggedComponent, logProblems, logState } from '../../../src/cli/serving/lifecycle-log.ts';
import { NodeLifecycle } from '../../../src/membership/index.ts';
import type { Log, LogFields } from '../../../src/ports/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';

class Said implements Log {
  readonly lines: string[] = [];

  debug(event: string, fields?: LogFields): void {
    this.#say('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#say('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#say('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#say('error', event, fields);
  }

  with(): Log {
    return this;
  }

  #say(level: string, event: string, fields: LogFields = {}): void {
    const values = Object.values(fields).map((value) => (value instanceof Error ? value.message : value));
    this.lines.push([level, event, ...values].join(' · '));
  }
}

test('a life with trouble on its way and at its end, as the log has it', async () => {
  const log = new Said();
  using _ = logProblems(log);
  const broken = (): Promise<void> => Promise.reject(new Error('stuck'));
  const part = loggedComponent({ name: 'part', start: () => undefined, stop: broken }, log);
  let life: NodeLifecycle | undefined;
  const join = async (): Promise<void> => {
    life?.degrade('it hears nobody');
    life?.restore();
  };
  life = new NodeLifecycle({ clock: new ManualClock(), components: [part], join });
  life.subscribe((state, from) => logState(log, state, from));
  await life.start();
  const runs = new Promise<void>((resolve) => {
    life.subscribe(({ kind }) => kind === 'running' && resolve());
  });
  life.degrade('its disk is full');
  life.restore();
  await runs;
  life.fail(new Error('its disk is gone'));
  await life.close();
  assert.deepEqual(log.lines, [
    'info · node changes its state · stopped · starting',
    'debug · component started · part',
    'info · node changes its state · starting · joining',
    'info · node changes its state · joining · running',
    'warn · node changes its state · running · degraded · its disk is full',
    'info · node recovers · its disk is full',
    'info · node changes its state · degraded · running',
    'error · node changes its state · running · failed · its disk is gone',
    'warn · lifecycle problem · stopping part · stuck',
  ]);
});
