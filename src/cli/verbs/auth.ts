/** `quorate auth`: whether the cluster asks everybody who they are. */
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { namesOf, unknownAction, withSecurity } from '../security-call.ts';
import type { Invocation, Verb } from '../verb.ts';

const actions = ['enable', 'disable', 'status'];

export const auth: Verb = {
  name: 'auth',
  words: 'enable|disable|status',
  summary: 'Asks everybody who they are, or nobody',
  options: clusterOptions,
  help: clusterHelp,
  examples: [
    {
      run: 'quorate user add root && quorate user grant root root && quorate auth enable',
      what: 'from now on nobody may do anything without a right, and root everything',
    },
    'quorate auth status --user root',
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [action = ''] = invocation.words;
  if (!actions.includes(action)) throw unknownAction(invocation, actions);
  namesOf(invocation, []);
  return await withSecurity(invocation, async (security) => {
    if (action === 'enable') await security.enable();
    if (action === 'disable') await security.disable();
    if (action !== 'status') {
      invocation.out(invocation.options['json'] === true ? '{}' : `authentication ${action}d`);
      return;
    }
    const { isOn, users, roles } = await security.describe();
    const summary = { enabled: isOn, users: users.length, roles: roles.length };
    invocation.out(
      invocation.options['json'] === true
        ? JSON.stringify(summary)
        : `authentication is ${isOn ? 'enabled' : 'disabled'}; ${users.length} users, ${roles.length} roles`,
    );
  });
}
