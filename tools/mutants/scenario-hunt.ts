/**
 * Runs scenarios in this one process and tells which one it is `at`, and what each came to: `green`, or `red`
 * with its file and name. Ends at the first red one whose name fits a pattern. Arguments: the pattern, the files.
 */
import { basename } from 'node:path';
import { run } from 'node:test';

const [pattern = '', ...files] = process.argv.slice(2);
const until = new RegExp(pattern);

function titleOf({ name, file = '' }: { readonly name: string; readonly file?: string }): string {
  return `${basename(file, '.test.ts')} › ${name}`;
}

const events = run({ files, isolation: 'none' });
events.on('test:dequeue', (event) => console.log(`at ${titleOf(event)}`));
events.on('test:pass', ({ skip }) => {
  if (skip === undefined) console.log('green');
});
events.on('test:fail', (event) => {
  console.log(`red ${titleOf(event)}`);
  if (until.test(event.name)) process.exit();
});
