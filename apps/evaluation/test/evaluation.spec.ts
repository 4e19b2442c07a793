import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../dist/main.js');

const page = (body: string) =>
  `<!doctype html><title>Aurora X2</title><nav><a href="/">Home</a></nav><main><h1>Aurora X2</h1>${body}</main>`;
const product = (price: string, views: number) =>
  page(`<p>A camera for night skies.</p><p>Price: ${price}</p><p>${views} views</p>`);

describe('npm run eval on a folder it has never seen', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torale-evaluation-'));
    await addPair(
      'price',
      { label: 'meaningful', category: 'offer', url: null },
      product('$549', 3),
      product('$499', 9),
    );
    await addPair('views', { label: 'noise' }, product('$549', 3), product('$549', 9));
    await addPair(
      'asked',
      { label: 'meaningful', raw_query: 'Tell me when the Aurora X2 drops below $500', tier: 'asked' },
      product('$549', 3),
      product('$499', 9),
    );
    await addPair(
      'not-asked',
      { label: 'noise', raw_query: 'Tell me when the Aurora X2 drops below $400', tier: 'asked' },
      product('$549', 3),
      product('<b>$499</b> & more', 9),
    );
    await addPair('gone', { label: 'noise', tier: 'side' }, product('$549', 3), '');
    await writeFile(join(folder, 'index.jsonl'), 'is not looked at');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const addPair = async (id: string, meta: object, before: string, after: string) => {
    await mkdir(join(folder, id));
    await writeFile(join(folder, id, 'meta.json'), JSON.stringify(meta));
    await writeFile(join(folder, id, 'before.html'), before);
    await writeFile(join(folder, id, 'after.html'), after);
  };
  const evaluate = (...args: string[]) => run(process.execPath, [main, ...args]);

  it('prints scores beside baselines, and writes JSON and a report', async () => {
    const [json, report] = [join(folder, 'out.json'), join(folder, 'out.html')];
    const { stdout } = await evaluate('--data', folder, '--json', json, '--report', report);

    expect(stdout).toMatch(/^core +Torale +100\.0 % \(1\/1; [^)]+\) +100\.0 % \(1\/1;/m);
    expect(stdout).toMatch(/^core +visible text hash +50\.0 % \(1\/2;/m);
    expect(stdout).toContain('Wrong: 0 of 5');

    const { pairs } = JSON.parse(await readFile(json, 'utf8'));
    expect(pairs.map(({ id, alerted, verdict }: Record<string, unknown>) => [id, alerted, verdict])).toEqual([
      ['asked', true, 'alert'],
      ['gone', false, 'failed'],
      ['not-asked', false, 'changed'],
      ['price', true, 'alert'],
      ['views', false, 'noise'],
    ]);
    expect(pairs[3].reason).toContain('$549 became $499');

    const html = await readFile(report, 'utf8');
    expect(html).toContain('<del>549</del><ins>499</ins>');
    expect(html).toContain('noise: a counter');
    expect(html).toContain('&amp; more');
    expect(html).not.toMatch(/<(?:script|link|img)\b/);
  });

  it('says what is wrong with its arguments and with a folder', async () => {
    await expect(evaluate()).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--data <folder>'),
    });
    const broken = await mkdtemp(join(tmpdir(), 'torale-evaluation-'));
    await mkdir(join(broken, 'a'));
    await expect(evaluate('--data', broken)).rejects.toMatchObject({
      stderr: expect.stringContaining('holds no folder with a meta.json'),
    });
    await writeFile(join(broken, 'a/meta.json'), '{"category": "offer"}');
    await expect(evaluate('--data', broken)).rejects.toMatchObject({
      stderr: expect.stringContaining('at label'),
    });
    await rm(broken, { recursive: true });
  });
});
