/** `quorate role`: what may be done in which role, over keys with which beginning. */
import type { Right, RoleDescription, StoreSecurity } from '../../client/index.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { namesOf, unknownAction, withSecurity } from '../security-call.ts';
import { type Invocation, UsageError, type Verb } from '../verb.ts';

export const role: Verb = {
  name: 'role',
  words: 'add|remove|grant|revoke|list|show [NAME] [RIGHT] [PREFIX]',
  summary: 'Adds and removes roles, gives and takes their rights',
  options: { ...clusterOptions, all: { type: 'boolean' } },
  help: { ...clusterHelp, all: 'the right is over all keys, instead of over a PREFIX' },
  examples: [
    'quorate role add writer',
    {
      run: 'quorate role grant writer read-write config/',
      what: 'read, write or read-write, below a prefix',
    },
    'quorate role grant reader read --all',
    { run: 'quorate role grant operator admin', what: 'compaction and limits; it has no keys' },
    'quorate role show writer',
  ],
  run,
};

type Action = (security: StoreSecurity, invocation: Invocation) => Promise<string>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'add',
    async (security, invocation) => {
      const [name = ''] = namesOf(invocation, ['NAME']);
      await security.addRole(name);
      return `role ${name} added`;
    },
  ],
  [
    'remove',
    async (security, invocation) => {
      const [name = ''] = namesOf(invocation, ['NAME']);
      await security.removeRole(name);
      return `role ${name} removed`;
    },
  ],
  [
    'grant',
    async (security, invocation) => {
      const { name, right } = rightOf(invocation);
      await security.grant(name, right);
      return `role ${name} may ${shown(right)}`;
    },
  ],
  [
    'revoke',
    async (security, invocation) => {
      const { name, right } = rightOf(invocation);
      await security.revoke(name, right);
      return `role ${name} may no longer ${shown(right)}`;
    },
  ],
]);

async function run(invocation: Invocation): Promise<number> {
  const [word = ''] = invocation.words;
  const isJson = invocation.options['json'] === true;
  const action = actions.get(word);
  if (action === undefined && word !== 'list' && word !== 'show')
    throw unknownAction(invocation, [...actions.keys(), 'list', 'show']);
  return await withSecurity(invocation, async (security) => {
    if (action !== undefined) {
      const done: Promise<string> = action(security, invocation);
      const told = await done;
      invocation.out(isJson ? '{}' : told);
      return;
    }
    const [only] = namesOf(invocation, word === 'show' ? ['NAME'] : []);
    const { roles } = await security.describe();
    const wanted = roles.filter(({ name }) => only === undefined || name === only);
    if (only !== undefined && wanted.length === 0) throw new UsageError(`there is no role ${only}`);
    for (const described of wanted) for (const line of lines(described, isJson)) invocation.out(line);
  });
}

function lines({ name, rights }: RoleDescription, isJson: boolean): string[] {
  if (isJson) {
    const text = new TextDecoder();
    const told = rights.map(({ access, prefix }) => ({ access, prefix: text.decode(prefix) }));
    return [JSON.stringify({ name, rights: told })];
  }
  if (rights.length === 0) return [`${name.padEnd(24)}nothing`];
  return rights.map((right) => `${name.padEnd(24)}${shown(right)}`);
}

const accesses: readonly string[] = ['read', 'write', 'read-write', 'admin'] satisfies Right['access'][];

function isAccess(word: string): word is Right['access'] {
  return accesses.includes(word);
}

/** All keys must be asked for by name: a prefix that was forgotten would give everything. */
function rightOf(invocation: Invocation): { readonly name: string; readonly right: Right } {
  const [, name, access = '', prefix, more] = invocation.words;
  if (name === undefined || more !== undefined) throw new UsageError('expected NAME, RIGHT and PREFIX');
  if (!isAccess(access))
    throw new UsageError(`${JSON.stringify(access)} is no right; choose one of ${accesses.join(', ')}`);
  const isAll = invocation.options['all'] === true || access === 'admin';
  if (isAll ? prefix !== undefined : prefix === undefined || prefix === '')
    throw new UsageError('give a PREFIX, or --all for all keys; the right admin has neither');
  return { name, right: { access, prefix: prefix ?? '' } };
}

function shown({ access, prefix }: Right): string {
  if (access === 'admin') return 'administer';
  const text = typeof prefix === 'string' ? prefix : new TextDecoder().decode(prefix);
  const verb = access === 'read-write' ? 'read and write' : access;
  return text === '' ? `${verb} all keys` : `${verb} keys below ${JSON.stringify(text)}`;
}
