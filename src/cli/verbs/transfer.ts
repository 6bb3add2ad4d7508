/** `quorate transfer`: hands leadership to a member, and waits until it leads. */
import { clusterHelp, clusterOptions, openClient } from '../endpoints.ts';
import { chooseMember, nameOf } from '../member-choice.ts';
import { exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';

export const transfer: Verb = {
  name: 'transfer',
  words: 'NODE',
  summary: 'Hands leadership to a member',
  options: clusterOptions,
  help: clusterHelp,
  examples: [
    { run: 'quorate transfer node2', what: 'by name' },
    { run: 'quorate transfer 127.0.0.1:7703 --json', what: 'by address, for programs' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [node = ''] = wordsOf(invocation, 1, 'NODE');
  await using client = openClient(invocation);
  const member = chooseMember(await client.members(), node);
  const result = await client.change({ kind: 'transfer', member: member.id });
  const name = nameOf(member);
  if (invocation.options['json'] === true)
    invocation.out(JSON.stringify({ action: 'transfer', name, id: member.id, result }));
  else invocation.out(`${name} leads${result === 'unchanged' ? ' already' : ''}`);
  return exitCodes.done;
}
