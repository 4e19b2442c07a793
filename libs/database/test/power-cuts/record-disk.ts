import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, basename, join, relative, resolve } from 'node:path';
import { type DiskOperation, type Inode, root } from './disk-operation.ts';

/**
 * Records what this process does to the files under an empty folder by the synchronous functions of `node:fs`, which
 * are all that PGlite uses. Everything is done as well.
 */
export function recordDisk(folder: string): DiskOperation[] {
  const operations: DiskOperation[] = [];
  const inodes = new Map<string, Inode>([['', root]]);
  const opened = new Map<number, Inode>();
  let lastInode = root;
  const real = { ...fs };

  const nameOf = (path: fs.PathLike) => {
    const name = relative(folder, resolve(String(path)));
    return name.startsWith('..') ? undefined : name;
  };
  const parentOf = (name: string) => {
    const parent = dirname(name);
    return inodes.get(parent === '.' ? '' : parent)!;
  };
  const make = (name: string, isFolder: boolean) => {
    const inode = ++lastInode;
    operations.push({ kind: 'make', folder: parentOf(name), name: basename(name), inode, isFolder });
    inodes.set(name, inode);
    return inode;
  };
  const unsupported = (what: string) => {
    throw new Error(`${what} is not recorded`);
  };

  const recorded: Partial<typeof fs> = {
    mkdirSync: ((path, options) => {
      const result = real.mkdirSync(path, options as fs.MakeDirectoryOptions);
      const name = nameOf(path);
      if (name) make(name, true);
      return result;
    }) as typeof fs.mkdirSync,
    openSync: ((path, flags, mode) => {
      const existed = fs.existsSync(path);
      const descriptor = real.openSync(path, flags, mode);
      const name = nameOf(path);
      if (name === undefined) return descriptor;
      const inode = existed ? inodes.get(name)! : make(name, false);
      opened.set(descriptor, inode);
      const truncates = typeof flags === 'number' ? flags & fs.constants.O_TRUNC : flags?.startsWith('w');
      if (existed && truncates) operations.push({ kind: 'resize', inode, bytes: 0 });
      return descriptor;
    }) as typeof fs.openSync,
    closeSync: (descriptor) => {
      opened.delete(descriptor);
      real.closeSync(descriptor);
    },
    writeSync: ((
      descriptor: number,
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ) => {
      const written = real.writeSync(descriptor, buffer, offset, length, position);
      const inode = opened.get(descriptor);
      if (inode !== undefined) {
        if (typeof position !== 'number') unsupported('A write without a position');
        const bytes = Buffer.from(buffer.subarray(offset, offset + written));
        operations.push({ kind: 'write', inode, position, bytes });
      }
      return written;
    }) as typeof fs.writeSync,
    writeFileSync: ((path, content, options) => {
      real.writeFileSync(path, content, options);
      const name = nameOf(path as string);
      if (name === undefined) return;
      const inode = inodes.get(name) ?? make(name, false);
      operations.push({ kind: 'resize', inode, bytes: 0 });
      operations.push({ kind: 'write', inode, position: 0, bytes: Buffer.from(content as string) });
    }) as typeof fs.writeFileSync,
    ftruncateSync: (descriptor, bytes = 0) => {
      real.ftruncateSync(descriptor, bytes);
      const inode = opened.get(descriptor);
      if (inode !== undefined) operations.push({ kind: 'resize', inode, bytes: bytes! });
    },
    truncateSync: ((path, bytes = 0) => {
      real.truncateSync(path, bytes);
      const name = nameOf(path as string);
      if (name !== undefined) operations.push({ kind: 'resize', inode: inodes.get(name)!, bytes: bytes! });
    }) as typeof fs.truncateSync,
    renameSync: (from, to) => {
      real.renameSync(from, to);
      const [name, toName] = [nameOf(from)!, nameOf(to)!];
      const inode = inodes.get(name)!;
      operations.push({
        kind: 'rename',
        folder: parentOf(name),
        name: basename(name),
        toFolder: parentOf(toName),
        toName: basename(toName),
        inode,
      });
      for (const [path, moved] of [...inodes]) {
        if (path !== name && !path.startsWith(`${name}/`)) continue;
        inodes.delete(path);
        inodes.set(join(toName, relative(name, path)), moved);
      }
    },
    unlinkSync: (path) => {
      real.unlinkSync(path);
      removed(path);
    },
    rmdirSync: ((path: fs.PathLike) => {
      real.rmdirSync(path);
      removed(path);
    }) as typeof fs.rmdirSync,
    symlinkSync: () => unsupported('A symbolic link'),
    linkSync: () => unsupported('A link'),
    fsyncSync: (descriptor) => {
      const inode = opened.get(descriptor);
      if (inode === undefined) real.fsyncSync(descriptor);
      else operations.push({ kind: 'sync', inode });
    },
  };
  recorded.fdatasyncSync = recorded.fsyncSync!;

  function removed(path: fs.PathLike): void {
    const name = nameOf(path);
    if (name === undefined) return;
    operations.push({ kind: 'remove', folder: parentOf(name), name: basename(name) });
    inodes.delete(name);
  }

  Object.assign(fs, recorded);
  syncBuiltinESMExports();
  return operations;
}
