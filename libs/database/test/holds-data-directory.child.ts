import { lockDataDirectory } from '../src/data-directory-lock.ts';

lockDataDirectory(process.argv[2]!);
process.stdout.write('locked');
// What is not referred to is collected, which must not release the lock.
setInterval(() => globalThis.gc!(), 20);
