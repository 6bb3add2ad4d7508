/** Run under a limit on file size by the disk's tests: writes 5,000 bytes and prints what came of it. */
import { isQuorateError } from '../../src/base/index.ts';
import { realDisk } from '../../src/ports/real/index.ts';

const file = await realDisk().open(process.argv[2] ?? '', { create: 'must-be-new' });
try {
  await file.write(new Uint8Array(5_000), 0);
  console.log(JSON.stringify({ code: 'no failure at all' }));
} catch (error) {
  if (!isQuorateError(error)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, ...error.data }));
}
await file.close();
