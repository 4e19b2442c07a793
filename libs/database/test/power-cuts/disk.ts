import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskOperation, type Inode, root } from './disk-operation.ts';

/** Yields numbers from 0 on, below 1. */
export type Random = () => number;

type NameChange = { name: string; inode: Inode | null }[];
type DataChange = { position: number; bytes: Buffer } | { resize: number };
interface Folder {
  isFolder: true;
  names: Map<string, Inode>;
  pending: NameChange[];
}
interface File {
  isFolder: false;
  data: Buffer;
  bytes: number;
  pending: DataChange[];
}

const sectorBytes = 512;

/**
 * A disk with a cache that forgets: what was synced is kept. Of what was not, a cut of the power keeps of each folder
 * the changes of names up to a random one, as a journal does, and of each file nothing, everything, or random writes,
 * also torn between sectors.
 *
 * To sync a file keeps the name under which it was made, and what was done in its folder before. Postgres relies on it,
 * and all common file systems do it.
 */
export class Disk {
  readonly #inodes = new Map<Inode, File | Folder>([[root, folder()]]);
  readonly #madeIn = new Map<Inode, Inode>();

  apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case 'make':
        this.#inodes.set(operation.inode, operation.isFolder ? folder() : file());
        this.#madeIn.set(operation.inode, operation.folder);
        this.#folder(operation.folder).pending.push([{ name: operation.name, inode: operation.inode }]);
        break;
      case 'rename': {
        const { folder, name, toFolder, toName, inode } = operation;
        if (folder !== toFolder) throw new Error('A rename to another folder is not simulated');
        this.#folder(folder).pending.push([
          { name: toName, inode },
          { name, inode: null },
        ]);
        break;
      }
      case 'remove':
        this.#folder(operation.folder).pending.push([{ name: operation.name, inode: null }]);
        break;
      case 'write':
        this.#file(operation.inode).pending.push(operation);
        break;
      case 'resize':
        this.#file(operation.inode).pending.push({ resize: operation.bytes });
        break;
      case 'sync':
        this.#sync(operation.inode);
        break;
      case 'sync everything':
        for (const inode of this.#inodes.keys()) this.#sync(inode);
        break;
    }
  }

  /** Writes what a cut of the power would leave to an empty folder. */
  cutTo(path: string, random: Random): void {
    this.#write(root, path, random, (['nothing', 'everything', 'some'] as const)[Math.floor(random() * 3)]!);
  }

  #write(inode: Inode, path: string, random: Random, keep: 'nothing' | 'everything' | 'some'): void {
    const found = this.#inodes.get(inode)!;
    if (!found.isFolder) {
      const copy: File = { ...found, data: Buffer.from(found.data) };
      for (const change of found.pending) {
        if (keep === 'everything' || (keep === 'some' && random() < 0.5)) {
          applyData(copy, keep === 'some' ? torn(change, random) : change);
        }
      }
      writeFileSync(path, copy.data.subarray(0, copy.bytes), { mode: 0o600 });
      return;
    }
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const names = new Map(found.names);
    const kept = { nothing: 0, everything: 1, some: random() }[keep] * found.pending.length;
    for (const change of found.pending.slice(0, Math.round(kept))) applyNames(names, change);
    for (const [name, child] of names) this.#write(child, join(path, name), random, keep);
  }

  #sync(inode: Inode): void {
    const found = this.#inodes.get(inode)!;
    if (found.isFolder) {
      for (const change of found.pending.splice(0)) applyNames(found.names, change);
    } else {
      for (const change of found.pending.splice(0)) applyData(found, change);
    }
    this.#keepName(inode);
  }

  #keepName(inode: Inode): void {
    const parentInode = this.#madeIn.get(inode);
    if (parentInode === undefined) return;
    const parent = this.#folder(parentInode);
    const made = parent.pending.findIndex((change) => change.length === 1 && change[0]!.inode === inode);
    for (const change of parent.pending.splice(0, made + 1)) applyNames(parent.names, change);
    this.#keepName(parentInode);
  }

  #folder(inode: Inode): Folder {
    return this.#inodes.get(inode) as Folder;
  }

  #file(inode: Inode): File {
    return this.#inodes.get(inode) as File;
  }
}

const folder = (): Folder => ({ isFolder: true, names: new Map(), pending: [] });
const file = (): File => ({ isFolder: false, data: Buffer.alloc(0), bytes: 0, pending: [] });

function applyNames(names: Map<string, Inode>, changes: NameChange): void {
  for (const { name, inode } of changes) {
    if (inode === null) names.delete(name);
    else names.set(name, inode);
  }
}

function applyData(file: File, change: DataChange): void {
  if ('resize' in change) {
    if (change.resize < file.bytes) file.data.fill(0, change.resize, file.bytes);
    grow(file, change.resize);
    file.bytes = change.resize;
  } else {
    const end = change.position + change.bytes.length;
    grow(file, end);
    change.bytes.copy(file.data, change.position);
    file.bytes = Math.max(file.bytes, end);
  }
}

function grow(file: File, bytes: number): void {
  if (bytes <= file.data.length) return;
  const data = Buffer.alloc(Math.max(bytes, file.data.length * 2));
  file.data.copy(data);
  file.data = data;
}

/** Some sectors of a write, one after the other. */
function torn(change: DataChange, random: Random): DataChange {
  if ('resize' in change) return change;
  const sectors = Math.ceil(change.bytes.length / sectorBytes);
  const from = Math.floor(random() * sectors * 2 - sectors);
  const to = from + Math.ceil(random() * sectors * 2);
  const start = Math.max(0, from) * sectorBytes;
  return {
    position: change.position + start,
    bytes: change.bytes.subarray(start, Math.max(start, to * sectorBytes)),
  };
}
