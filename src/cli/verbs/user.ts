/** `quorate user`: who may come in, and in which roles. */
import type { StoreSecurity } from '../../client/index.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { newPassword } from '../passwords.ts';
import { namesOf, unknownAction, withSecurity } from '../security-call.ts';
import type { Invocation, Verb } from '../verb.ts';

export const user: Verb = {
  name: 'user',
  words: 'add|remove|password|grant|revoke|list [NAME] [ROLE]',
  summary: 'Adds and removes users, sets passwords, gives and takes roles',
  options: {
    ...clusterOptions,
    'new-password-file': { type: 'string' },
    'no-password': { type: 'boolean' },
  },
  help: {
    ...clusterHelp,
    'new-password-file': 'file with the new password (default: $QUORATE_NEW_PASSWORD, else a prompt)',
    'no-password': 'the user comes in by a certificate with its name, and not otherwise',
  },
  examples: [
    { run: 'quorate user add alice --user root', what: 'asks for both passwords' },
    { run: 'quorate user add backup --no-password', what: 'shows a certificate for "backup"' },
    'quorate user grant alice writer',
    'quorate user password alice',
    'quorate user list --json',
  ],
  run,
};

type Action = (security: StoreSecurity, invocation: Invocation) => Promise<string>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'add',
    async (security, invocation) => {
      const [name = ''] = namesOf(invocation, ['NAME']);
      await security.addUser(name, await passwordFor(invocation, name));
      return `user ${name} added`;
    },
  ],
  [
    'remove',
    async (security, invocation) => {
      const [name = ''] = namesOf(invocation, ['NAME']);
      await security.removeUser(name);
      return `user ${name} removed`;
    },
  ],
  [
    'password',
    async (security, invocation) => {
      const [name = ''] = namesOf(invocation, ['NAME']);
      await security.setPassword(name, await passwordFor(invocation, name));
      return `password of ${name} changed`;
    },
  ],
  [
    'grant',
    async (security, invocation) => {
      const [name = '', role = ''] = namesOf(invocation, ['NAME', 'ROLE']);
      await security.grantRole(name, role);
      return `${name} has role ${role}`;
    },
  ],
  [
    'revoke',
    async (security, invocation) => {
      const [name = '', role = ''] = namesOf(invocation, ['NAME', 'ROLE']);
      await security.revokeRole(name, role);
      return `${name} has role ${role} no longer`;
    },
  ],
]);

async function run(invocation: Invocation): Promise<number> {
  const [word = ''] = invocation.words;
  const isJson = invocation.options['json'] === true;
  const action = actions.get(word);
  if (action === undefined && word !== 'list') throw unknownAction(invocation, [...actions.keys(), 'list']);
  return await withSecurity(invocation, async (security) => {
    if (action !== undefined) {
      const done: Promise<string> = action(security, invocation);
      const told = await done;
      invocation.out(isJson ? '{}' : told);
      return;
    }
    namesOf(invocation, []);
    for (const { name, roles } of (await security.describe()).users)
      invocation.out(isJson ? JSON.stringify({ name, roles }) : `${name.padEnd(24)}${roles.join(', ')}`);
  });
}

async function passwordFor(invocation: Invocation, name: string): Promise<string | undefined> {
  return invocation.options['no-password'] === true ? undefined : await newPassword(invocation, name);
}
