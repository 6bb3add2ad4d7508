/** What the verb `services` does: shows who serves what, registers who serves, tells of changes, and answers by DNS. */
export { answerByDns } from './dns.ts';
export { listServices } from './listing.ts';
export { registerService } from './register.ts';
export { watchService } from './watching.ts';
