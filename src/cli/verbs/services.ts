/** `quorate services`: who serves what, and for who serves: being found while one does. */

import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { answerByDns, listServices, registerService, watchService } from '../services/index.ts';
import { type Invocation, UsageError, type Verb } from '../verb.ts';

export const services: Verb = {
  name: 'services',
  words: '[list [NAME] | register NAME --address H:P [-- CMD …] | watch NAME | dns]',
  summary: 'Shows who serves what, registers a service, tells of changes, answers by DNS',
  about: [
    'A service is registered while register runs, or the command behind --, which finds QUORATE_SERVICE,',
    'QUORATE_INSTANCE and QUORATE_TOKEN. Asked to end, it drains: nothing new is sent there, the command',
    'gets SIGTERM when those who call have had --notice to hear of it, and SIGKILL after --grace; then it is',
    'taken off the list. A second Ctrl-C ends the waits. A command that ends by itself is taken off at once.',
  ].join('\n'),
  options: {
    address: { type: 'string' },
    id: { type: 'string' },
    weight: { type: 'string' },
    zone: { type: 'string' },
    region: { type: 'string' },
    version: { type: 'string' },
    tag: { type: 'string', multiple: true },
    meta: { type: 'string', multiple: true },
    check: { type: 'string', multiple: true },
    interval: { type: 'string' },
    'give-up': { type: 'string' },
    wait: { type: 'string' },
    ttl: { type: 'string' },
    notice: { type: 'string' },
    grace: { type: 'string' },
    passing: { type: 'boolean' },
    near: { type: 'string' },
    limit: { type: 'string' },
    listen: { type: 'string' },
    domain: { type: 'string' },
    ...clusterOptions,
  },
  help: {
    address: 'register: host:port where callers reach it',
    id: 'register: unique within the service (default: drawn at random)',
    weight: 'register: its share against that of the others (default 1)',
    zone: 'register: where it stands',
    region: 'register: in which region that is',
    version: "register: by semantic versioning, such as '2.1.0'",
    tag: 'register: a word to find it by; may be given several times',
    meta: 'register: NAME=VALUE for those who call; may be given several times',
    check:
      'register: http(s)://…, tcp://H:P, grpc://H:P[/SERVICE] or exec:PROGRAM …; several may be given. It passes when ' +
      'all of them do (default: at once)',
    interval: 'register: from check to check (default 10s)',
    'give-up': 'register: it ends when it was critical for so long (default: never)',
    wait: 'register: how long to wait for an id that somebody has (default: not at all)',
    ttl: 'register: how long it stays when it is not heard of (default 10s); dns: how long an answer may be remembered (default 1s)',
    notice: 'register: for those who call to hear that it drains (default 2s)',
    grace: 'register: for the command to end (default 30s)',
    passing: 'list NAME: only instances that pass',
    near: 'list NAME, dns: the zone to begin with',
    limit: 'watch: ends after so many changes',
    listen: 'dns: host:port, by UDP and TCP (default 127.0.0.1:8600)',
    domain: "dns: the zone of DNS (default 'quorate')",
    ...clusterHelp,
  },
  choices: { '': ['list', 'register', 'watch', 'dns'] },
  examples: [
    { run: 'quorate services', what: 'all of them, in figures' },
    { run: 'quorate services list orders --passing', what: 'who may be called' },
    {
      run: 'quorate services register orders --address 10.0.0.7:80 -- ./orders',
      what: 'while the command runs',
    },
    {
      run: 'quorate services register db --address 10.0.0.9:5432 --check tcp://10.0.0.9:5432',
      what: 'for a server of somebody else, until Ctrl-C',
    },
    { run: 'quorate services watch orders --json', what: 'each change a line' },
    {
      run: 'quorate services dns --listen 127.0.0.1:8600',
      what: 'dig @127.0.0.1 -p 8600 orders.service.quorate',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', name, ...more] = invocation.words;
  if (more.length > 0) throw new UsageError(`expected one service, but got ${more.length + 1} words`);
  if (action !== 'register' && invocation.rest.length > 0)
    throw new UsageError(`${action} runs no command; register does`);
  switch (action) {
    case 'list':
      return await listServices(invocation, name);
    case 'register':
      return await registerService(invocation, named(action, name));
    case 'watch':
      return await watchService(invocation, named(action, name));
    case 'dns':
      if (name !== undefined) throw new UsageError('dns takes no name; it answers for all services');
      return await answerByDns(invocation);
    default:
      throw new UsageError(`there is no ${JSON.stringify(action)}; write list, register, watch or dns`);
  }
}

function named(action: string, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UsageError(`name the service to ${action}`);
}
