/** Our own engine on a store whose requests a test has in its hands: they arrive late, or unheard, or not at all. */
import { Store } from '../../src/client/index.ts';
import type { Capability, Engine } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { decodeReply, RevisionedStore } from '../../src/mvcc/index.ts';
import type { Request } from '../../src/net/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { FakeCluster } from '../client/fake-cluster.ts';

/** One node with a store, whose requests a test may hold back. */
export class Scene implements AsyncDisposable {
  readonly cluster: FakeCluster = new FakeCluster(1);
  readonly store: Store;
  readonly requests: Request[] = [];
  /** `late`: the next command waits for `deliver`. `unheard`: it is carried out and not answered. `lost`: neither. */
  next: 'answered' | 'late' | 'unheard' | 'lost' = 'answered';
  /** What is late arrives behind the next read. */
  arrivesBehindRead = false;
  readonly #state = new RevisionedStore(new MemoryOrderedStore());
  readonly #held: Request[] = [];
  #commands = 0;

  constructor() {
    const { client, clock } = this.cluster;
    this.store = new Store({ client, clock });
    this.cluster.node(0).answer = (request) => {
      this.requests.push(request);
      if (request.kind !== 'command') {
        const read = this.#state.read(request.body).slice();
        if (this.arrivesBehindRead) this.deliver();
        return read;
      }
      const { next } = this;
      this.next = 'answered';
      if (next === 'late') this.#held.push(request);
      if (next === 'late' || next === 'lost') return 'nothing';
      const reply = this.#apply(request);
      return next === 'unheard' ? 'nothing' : reply;
    };
  }

  /** What was held back arrives; the kinds of the replies. */
  deliver(): string[] {
    return this.#held.splice(0).map((request) => {
      const { body } = decodeReply(this.#apply(request));
      return body.kind === 'refused' ? body.refusal.code : body.kind;
    });
  }

  async engine(): Promise<Engine<Capability>> {
    const { clock } = this.cluster;
    return await openQuorate(this.store, { clock, ownsStore: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  #apply({ body }: Request): Uint8Array {
    this.#commands += 1;
    return this.#state.apply(this.#commands, body).reply.slice();
  }
}
