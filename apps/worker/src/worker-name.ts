import { hostname } from 'node:os';

/** What this process is called in the records of what it did. */
export const workerName = `${hostname()}:${process.pid}`;
