import { fdatasyncSync, fsyncSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenOptions = Parameters<NodeFS['init']>[1];

/** The parts of Emscripten's NODEFS that are needed here. */
interface EmscriptenModule {
  FS: {
    filesystems: {
      NODEFS: {
        stream_ops: { fsync?: (stream: { nfd: number; path: string }) => number };
        /** Turns an error of `node:fs` into the error number that Postgres sees. */
        tryFSOperation(operation: () => void): void;
      };
    };
  };
}

const walSegment = /\/pg_wal\/[0-9A-F]{24}$/;

/**
 * A folder for PGlite, with what PGlite leaves out:
 *
 * - `fsync` reaches the disk. Emscripten's NODEFS has none, and answers Postgres that it is done. `fdatasync` it
 *   answers in the same way without asking the file system, so Postgres has to run with `wal_sync_method = fsync`.
 * - When Postgres panics, because the disk is full or its log could not be forced to it, this process ends, as
 *   Postgres would; the next start recovers from the log. PGlite would spin for ever in the statement that panicked.
 */
export class PgliteFileSystem extends NodeFS {
  override async init(pglite: PGlite, options: EmscriptenOptions): ReturnType<NodeFS['init']> {
    let lastWords = '';
    const { printErr } = options;
    const { emscriptenOpts } = await super.init(pglite, {
      ...options,
      printErr: (line: string) => {
        lastWords = line;
        printErr?.(line);
      },
      onAbort: () => {
        process.stderr.write(`The embedded Postgres panicked, so Torale ends. ${lastWords}\n`);
        process.exit(1);
      },
    });
    const letSync = (module: unknown) => {
      const { NODEFS } = (module as EmscriptenModule).FS.filesystems;
      NODEFS.stream_ops.fsync = ({ nfd, path }) => {
        // A log segment has its size from the start: its data is all that there is to force, which is cheaper.
        NODEFS.tryFSOperation(() => (walSegment.test(path) ? fdatasyncSync(nfd) : fsyncSync(nfd)));
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), letSync] } };
  }
}
