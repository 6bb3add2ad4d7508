/**
 * Runs scenarios in this one process and tells what each came to: `green`, or `red` with its file and name.
 * Arguments: `first` to stop at the first red or `all`, a pattern for the names of tests or nothing, the files.
 */
import { basename } from 'node:path';
import { run } from 'node:test';

const [until, pattern = '', ...files] = process.argv.slice(2);
const names = pattern === '' ? {} : { testNamePatterns: [new RegExp(pattern)] };
const events = run({ files, isolation: 'none', ...names });
events.on('test:pass', ({ skip }) => {
  if (skip === undefined) console.log('green');
});
events.on('test:fail', ({ name, file = '' }) => {
  console.log(`red ${basename(file, '.test.ts')} › ${name}`);
  if (until === 'first') process.exit();
});
