/** Looks by a program of the machine: its exit code is the sight, and what it wrote is for people. */
import type { ProcessEnd, ProcessRunner } from '../../ports/index.ts';
import type { CommandSettings } from './check-settings.ts';
import { type Observation, type Probe, seen } from './observation.ts';

const warningCode = 1;

export function commandProbe(settings: CommandSettings, processes: ProcessRunner): Probe {
  const { program, words, directory, environment, outputBytesMax } = settings;
  return async (signal) =>
    endSeen(await processes.run({ program, words, directory, environment, outputBytesMax, signal }));
}

function endSeen({ exitCode, killedBy, output, isCut }: ProcessEnd): Observation {
  const text = `${new TextDecoder().decode(output).trim()}${isCut ? '…' : ''}`;
  const how = exitCode === undefined ? `killed by ${killedBy}` : `exit code ${exitCode}`;
  const detail = text === '' ? how : `${how}: ${text}`;
  if (exitCode === 0) return seen('passing', detail);
  return seen(exitCode === warningCode ? 'warning' : 'critical', detail);
}
