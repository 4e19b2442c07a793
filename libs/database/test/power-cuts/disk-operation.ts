/** A file or a folder, whatever its name is at the time. */
export type Inode = number;

/** The folder under which everything is recorded. */
export const root: Inode = 0;

/** What a process asked of the disk, in order, and what it promised in between. */
export type DiskOperation =
  | { kind: 'make'; folder: Inode; name: string; inode: Inode; isFolder: boolean }
  | { kind: 'rename'; folder: Inode; name: string; toFolder: Inode; toName: string; inode: Inode }
  | { kind: 'remove'; folder: Inode; name: string }
  | { kind: 'write'; inode: Inode; position: number; bytes: Buffer }
  | { kind: 'resize'; inode: Inode; bytes: number }
  | { kind: 'sync'; inode: Inode }
  /** As when the machine had been idle for a minute: the kernel has written everything back. */
  | { kind: 'sync everything' }
  | { kind: 'acknowledge'; id: number };
