/** What a client may ask of a node, and who in the node answers it: through the waiter, now or later. */
import { decodeBoundedQuery, encodeBoundedAnswer, type QuestionKind, type Request } from '../net/index.ts';
import type { GroupId } from '../raft/index.ts';
import type { GroupHost } from './group-host.ts';
import type { Membership } from './membership.ts';
import type { Waiter } from './waiter.ts';

export interface Answering {
  /** Throws when this node hosts no such group. */
  readonly host: (group: GroupId) => GroupHost;
  readonly membership: Membership;
  /** The node's status as it is sent. */
  readonly status: () => Uint8Array;
}

/** May also throw why there is no answer. */
export function answerQuestion(
  { host, membership, status }: Answering,
  { kind, group, body }: Request<QuestionKind>,
  waiter: Waiter,
): void {
  switch (kind) {
    case 'command':
      takeCommand(host(group), body, waiter);
      return;
    case 'read':
      host(group).ask(body, waiter);
      return;
    case 'stale-read':
      waiter.resolve(host(group).readStale(body));
      return;
    case 'bounded-read':
      readBounded(host(group), body, waiter);
      return;
    case 'members':
      waiter.resolve(membership.list());
      return;
    case 'change':
      settle(membership.change(body), waiter);
      return;
    case 'status':
      waiter.resolve(status());
      return;
  }
}

function takeCommand(host: GroupHost, command: Uint8Array, waiter: Waiter): void {
  const refusal = host.machine.refusal?.(command);
  if (refusal === undefined) host.submit(command, waiter);
  else waiter.reject(refusal);
}

function readBounded(host: GroupHost, body: Uint8Array, waiter: Waiter): void {
  const { query, staleMsMax } = decodeBoundedQuery(body);
  settle(host.readBounded(query, staleMsMax).then(encodeBoundedAnswer), waiter);
}

function settle(answer: Promise<Uint8Array>, waiter: Waiter): void {
  answer.then(
    (bytes) => waiter.resolve(bytes),
    (error: unknown) => waiter.reject(error),
  );
}
