/** `quorate gossip`: who gossips beside a cluster, what changes there, and a key for it. */
import { randomBytes } from 'node:crypto';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { gossipKeysHelp, listMembers, watchMembers } from '../gossip/index.ts';
import { exitCodes, type Invocation, isSet, UsageError, type Verb } from '../verb.ts';

export const gossip: Verb = {
  name: 'gossip',
  words: '[list | watch | key]',
  summary: 'Shows who gossips, tells of changes, makes a key',
  about: [
    'list and watch join as a member that only looks, and leave with a word. They turn to the hosts of',
    '--endpoints, on --port, in the cluster of that name, or to --seeds and --cluster. Who was dead before is',
    'told to nobody who comes: /gossip at the HTTP port of a node that gossips has the dead, too.',
  ].join('\n'),
  options: {
    port: { type: 'string' },
    seeds: { type: 'string' },
    cluster: { type: 'string' },
    'gossip-keys': { type: 'string' },
    id: { type: 'string' },
    limit: { type: 'string' },
    ...clusterOptions,
  },
  help: {
    port: 'on which the nodes of --endpoints gossip (default 7946)',
    seeds: 'who gossips, host:port,host:port (default: the hosts of --endpoints)',
    cluster: 'what those who gossip call their cluster (default: what the nodes of --endpoints say)',
    'gossip-keys': gossipKeysHelp,
    id: 'how it is known to the others meanwhile (default: drawn at random)',
    limit: 'watch: ends after so many lines',
    ...clusterHelp,
  },
  choices: { '': ['list', 'watch', 'key'] },
  examples: [
    { run: 'quorate gossip key > gossip.keys', what: 'a fresh key' },
    {
      run: 'quorate gossip --gossip-keys gossip.keys',
      what: 'who is there, beside the nodes of --endpoints',
    },
    {
      run: 'quorate gossip watch --seeds 10.0.0.7:7946 --cluster orders --gossip-keys gossip.keys --json',
      what: 'each change a line, without a cluster of nodes',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', ...more] = invocation.words;
  if (more.length > 0) throw new UsageError(`${action} takes no further words, but got ${more.join(' ')}`);
  switch (action) {
    case 'list':
      return await listMembers(invocation);
    case 'watch':
      return await watchMembers(invocation);
    case 'key': {
      const key = randomBytes(32).toString('base64');
      invocation.out(isSet(invocation, 'json') ? JSON.stringify({ key }) : key);
      return exitCodes.done;
    }
    default:
      throw new UsageError(`there is no ${JSON.stringify(action)}; write list, watch or key`);
  }
}
