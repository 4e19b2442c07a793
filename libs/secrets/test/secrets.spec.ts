import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DATABASE, embeddedDatabaseConfig } from '@torale/database';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import {
  createLinkSigner,
  createSealer,
  SEALER,
  SealError,
  secretsConfig,
  SecretsModule,
  type Sealer,
} from '../src/index.ts';

const key = new Uint8Array(randomBytes(32));
const value = { cookies: { session: 'hunter2' }, body: 'ünïcode' };

/** Another first character of the cipher text. */
const flipped = (sealed: string) =>
  sealed.replace(
    /^((?:[^.]*\.){3})(.)/,
    (_, before: string, first: string) => before + (first === 'A' ? 'B' : 'A'),
  );

describe('a sealer', () => {
  const sealer = createSealer(key);

  it('opens what it sealed, and shows nothing of it', async () => {
    // Three letters would be found in one sealed text of two thousand, by accident.
    const sealed = await sealer.seal('lovelace', value);
    expect(await sealer.open('lovelace', sealed)).toEqual(value);
    expect(Buffer.from(sealed, 'base64url').toString('latin1') + sealed).not.toMatch(
      /hunter2|session|lovelace/,
    );
    expect(decodeProtectedHeader(sealed)).toEqual({ alg: 'dir', enc: 'A256GCM' });
    expect(await sealer.seal('lovelace', value)).not.toBe(sealed);
  });

  it('hashes by its key', () => {
    expect(sealer.keyedHash('123456')).toBe(createSealer(key).keyedHash('123456'));
    expect(sealer.keyedHash('123456')).not.toBe(sealer.keyedHash('123457'));
    expect(createSealer(new Uint8Array(randomBytes(32))).keyedHash('123456')).not.toBe(
      sealer.keyedHash('123456'),
    );
    const plain = createHmac('sha256', key).update('123456').digest('base64url');
    expect(sealer.keyedHash('123456')).not.toBe(plain);
  });

  it.each([
    ['another owner', (sealed: string) => sealer.open('eve', sealed)],
    ['another key', (sealed: string) => createSealer(new Uint8Array(randomBytes(32))).open('ada', sealed)],
    ['a changed text', (sealed: string) => sealer.open('ada', flipped(sealed))],
    ['no sealed text at all', () => sealer.open('ada', 'sealed')],
  ])('does not open for %s', async (_, open) => {
    const refusal = await open(await sealer.seal('ada', value)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SealError);
    expect((refusal as Error).cause).toBeUndefined();
  });

  it('takes no other algorithm, be it under the same key', async () => {
    const sealed = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ sub: 'ada', value })))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
      .encrypt(key);
    await expect(sealer.open('ada', sealed)).rejects.toBeInstanceOf(SealError);
  });
});

test.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(32).toString('hex')])(
  'SECRETS_KEY %j is refused',
  (SECRETS_KEY) => {
    expect(secretsConfig.schema.safeParse({ SECRETS_KEY }).success).toBe(false);
  },
);

describe('in a data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torale-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = async (): Promise<Sealer> => {
    const given = [
      { provide: DATABASE, useValue: {} },
      { provide: embeddedDatabaseConfig.token, useValue: { TORALE_DATA_DIR: join(folder, 'data') } },
    ];
    @Module({})
    class Given {}
    const module = { module: Given, global: true, providers: given, exports: given };
    @Module({ imports: [module, SecretsModule.inDataFolder()] })
    class Root {}
    const context = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
    return context.get<Sealer>(SEALER);
  };
  const keyFile = () => join(folder, 'data', 'secrets', 'key');

  it('the key is made once, for the eyes of its owner, and nothing else is left', async () => {
    const sealed = await (await open()).seal('ada', value);
    expect(await (await open()).open('ada', sealed)).toEqual(value);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'data', 'secrets'))).toEqual(['key']);
    expect(Buffer.from(await readFile(keyFile(), 'utf8'), 'base64')).toHaveLength(32);
  });

  it('a key that is none stops the start', async () => {
    await open();
    await writeFile(keyFile(), 'not a key');
    await expect(open()).rejects.toThrow(/base64/i);
  });
});

describe('the link signer', () => {
  const key = new Uint8Array(32).fill(7);
  const claims = { user_id: 'anna', channel_id: 'mail' };

  it('verifies what it signed, for the same purpose only', async () => {
    const signer = createLinkSigner(key);
    const token = await signer.sign('unsubscribe', claims);
    expect(token).toBe(await createLinkSigner(key).sign('unsubscribe', claims));
    expect(await signer.verify('unsubscribe', token)).toMatchObject(claims);
    expect(await signer.verify('delete-account', token)).toBeNull();
  });

  it('refuses what another key signed, what was changed, and what is no token', async () => {
    const signer = createLinkSigner(key);
    const token = await signer.sign('unsubscribe', claims);
    const [header, , signature] = token.split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, user_id: 'eve', aud: 'unsubscribe' })).toString(
      'base64url',
    );
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const forged of [
      await createLinkSigner(new Uint8Array(32).fill(8)).sign('unsubscribe', claims),
      `${header}.${other}.${signature}`,
      `${none}.${other}.`,
      'nonsense',
      '',
    ]) {
      expect(await signer.verify('unsubscribe', forged)).toBeNull();
    }
  });
});
