import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { openPglite } from '../src/index.ts';

/** Commits a row, says so, and then a second one while the disk refuses to sync. */
const { pglite } = await openPglite({ dataDirectory: process.argv[2]! });
await pglite.exec('create table kept (id int); insert into kept values (1)');
process.stdout.write('first ');
fs.fdatasyncSync = () => {
  throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
};
syncBuiltinESMExports();
await pglite.query('insert into kept values (2)');
process.stdout.write('second');
