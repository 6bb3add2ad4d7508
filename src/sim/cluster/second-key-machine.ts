/**
 * The registers of the second release. It writes in a shorter form, which the first takes for a compare-and-set,
 * and opens its snapshots with a mark, which the first cannot read: both only when the whole cluster can.
 */
import { decodeSecondForm, type KeyCommand, KeyMachine, secondForm } from './key-machine.ts';

const mark = Uint8Array.of(2);

export class SecondKeyMachine extends KeyMachine {
  #level = 0;

  levelNeeded(command: Uint8Array): number {
    return command[0] === secondForm ? 2 : 1;
  }

  override atLevel(level: number): void {
    super.atLevel(level);
    this.#level = level;
  }

  override snapshot(): Iterable<Uint8Array> {
    const chunks = super.snapshot();
    return this.#level < 2 ? chunks : marked(chunks);
  }

  override async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await super.restore(index, unmarked(chunks));
  }

  protected override knows(kind: number): boolean {
    return kind === secondForm || super.knows(kind);
  }

  protected override decode(command: Uint8Array): KeyCommand {
    return command[0] === secondForm ? decodeSecondForm(command) : super.decode(command);
  }
}

function* marked(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield mark;
  yield* chunks;
}

async function* unmarked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) if (chunk.length !== mark.length) yield chunk;
}
