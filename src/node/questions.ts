/** What a client may ask of a node, and who in the node answers it: through the waiter, now or later. */
import { decodeBoundedQuery, encodeBoundedAnswer, type QuestionKind, type Request } from '../net/index.ts';
import type { GroupId } from '../raft/index.ts';
import type { Backups } from './backups.ts';
import type { Caller, Gatekeeper } from './gatekeeper.ts';
import type { GroupHost } from './group-host.ts';
import type { LoadGuard } from './load-guard.ts';
import type { Membership } from './membership.ts';
import type { Waiter } from './waiter.ts';

export interface Answering {
  readonly gate: Gatekeeper;
  readonly guard: LoadGuard;
  /** Throws when this node hosts no such group. */
  readonly host: (group: GroupId) => GroupHost;
  readonly membership: Membership;
  readonly backups: Backups;
  /** The node's status as it is sent. */
  readonly status: () => Uint8Array;
}

/** May also throw why there is no answer. */
export function answerQuestion(
  { gate, guard, host, membership, backups, status }: Answering,
  { kind, group, body }: Request<QuestionKind>,
  waiter: Waiter,
  caller: Caller,
): void {
  switch (kind) {
    case 'command':
      takeCommand(guard, host(group), { command: body, admitted: gate.admitCommand(caller, body) }, waiter);
      return;
    case 'read':
      guard.checkRead(waiter);
      host(group).ask(gate.admit(caller, body), waiter);
      return;
    case 'stale-read':
      waiter.resolve(host(group).readStale(gate.admit(caller, body)));
      return;
    case 'bounded-read':
      guard.checkRead(waiter);
      readBounded(host(group), body, waiter, (query) => gate.admit(caller, query));
      return;
    case 'members':
      gate.check(caller);
      waiter.resolve(membership.list());
      return;
    case 'change':
      gate.check(caller);
      settle(
        membership.change(body, (request) => gate.checkChange(caller, request)),
        waiter,
      );
      return;
    case 'status':
      gate.check(caller);
      waiter.resolve(status());
      return;
    case 'login':
      settle(gate.login(caller, body), waiter);
      return;
    case 'backup':
      settle(backups.answer(caller, group, body), waiter);
      return;
  }
}

/** `command` is what the client sent, `admitted` what goes into the log. */
interface Taken {
  readonly command: Uint8Array;
  readonly admitted: Uint8Array;
}

function takeCommand(guard: LoadGuard, host: GroupHost, { command, admitted }: Taken, waiter: Waiter): void {
  const { machine } = host;
  const refusal = machine.refusal?.(command);
  if (refusal !== undefined) throw refusal;
  const isUrgent = machine.keepsAlive?.(command) === true;
  // One that does not lead refuses by itself, and says who does.
  if (!isUrgent && host.leads) guard.checkCommand(host, admitted, waiter);
  host.submit(admitted, waiter, isUrgent);
}

function readBounded(
  host: GroupHost,
  body: Uint8Array,
  waiter: Waiter,
  admitted: (query: Uint8Array) => Uint8Array,
): void {
  const { query, staleMsMax } = decodeBoundedQuery(body);
  settle(host.readBounded(admitted(query), staleMsMax, waiter.dueMs).then(encodeBoundedAnswer), waiter);
}

function settle(answer: Promise<Uint8Array>, waiter: Waiter): void {
  answer.then(
    (body) => waiter.resolve(body),
    (error: unknown) => waiter.reject(error),
  );
}
