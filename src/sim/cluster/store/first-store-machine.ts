/**
 * The store as the first release had it, which knew no appends and no adds: it refuses them at the door, and would
 * take them for nonsense if they ever stood in its log.
 */
import { QuorateError } from '../../../base/index.ts';
import { requestIn } from '../../../mvcc/index.ts';
import { StoreMachine } from '../../../node/index.ts';

/** All that it knew. By a list of its own: today's releases may be wrong about what is new. */
const knownKinds: ReadonlySet<number> = new Set([1, 2, 3, 4, 8, 9, 10, 16, 17, 64, 65, 66, 67, 68, 80, 81]);
/** Of a kind that no release knows. */
const nonsense = Uint8Array.of(1, 255);

export class FirstStoreMachine extends StoreMachine {
  override apply(index: number, command: Uint8Array | undefined): Uint8Array {
    return super.apply(index, command !== undefined && isNew(command) ? nonsense : command);
  }

  override refusal(command: Uint8Array): QuorateError | undefined {
    return isNew(command) ? unknownHere(command) : super.refusal(command);
  }

  /** It had no levels. */
  override levelNeeded(): number {
    return 1;
  }
}

function isNew(command: Uint8Array): boolean {
  return !knownKinds.has(requestIn(command)[1] ?? 0);
}

function unknownHere([version = 0, kind = 0]: Uint8Array): QuorateError<'command-unknown'> {
  return new QuorateError({
    code: 'command-unknown',
    message: `the first release knows no command ${version}.${kind}`,
    data: { version, kind },
  });
}
