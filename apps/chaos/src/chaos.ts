import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from './audit.repository.ts';
import { ChangingSite } from './changing-site.ts';
import { judge, type Verdict } from './judge.ts';
import { Random } from './random.ts';
import { ServicesTarget } from './services-target.ts';
import { StandaloneTarget } from './standalone-target.ts';
import type { Target } from './target.ts';
import { UnreliableReceiver } from './unreliable-receiver.ts';
import { Watchers } from './watchers.ts';

export interface ChaosOptions {
  form: 'standalone' | 'services';
  kills: number;
  sources: number;
  /** How often each source is checked, seconds. */
  intervalSeconds: number;
  /** The same seed kills, changes and fails in the same order; what that meets is up to the machine as well. */
  seed: number;
  /** Told how it goes. */
  progress(line: string): void;
}

/** How long Torale waits for the answer to a webhook, milliseconds: short, so that much can go wrong. */
const DELIVERY_TIMEOUT_MS = 1_500;
/** How many of the sources are filed only while processes are being killed, and the longest pause between them. */
const FILED_UNDER_FIRE = 1 / 20;
const FILING_PAUSE_MS = 15_000;
/** In so many kills one breaks off the start that creates the database. */
const FIRST_STARTS = 50;
/** After the last kill: what failed often is tried again only after minutes. */
const SETTLE_MS = 8 * 60_000;
const REPORTS = 20;

const environment = {
  OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
  POLITENESS_SPACING_MS: '0',
  POLITENESS_CONCURRENCY: '1000',
  MIN_CHECK_INTERVAL_SECONDS: '1',
  DELIVERY_TIMEOUT_MS: String(DELIVERY_TIMEOUT_MS),
  LOG_LEVEL: 'warn',
};

/**
 * Kills Torale again and again while pages change and webhooks fail, lets it settle, and says whether anything was
 * lost or doubled. What all processes logged stays in the folder that `progress` is told of, if anything is wrong.
 */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'torale-chaos-'));
  const verdict = await underFire(options, folder);
  if (verdict.violations.length === 0) await rm(folder, { recursive: true, force: true });
  return verdict;
}

async function underFire(options: ChaosOptions, folder: string): Promise<Verdict> {
  const [ofKills, ofChanges, ofAnswers, ofFiling] = Array.from(
    { length: 4 },
    (_, part) => new Random(options.seed + part),
  ) as [Random, Random, Random, Random];
  const begun = performance.now();
  const say = (line: string) =>
    options.progress(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${line}`);

  const site = await ChangingSite.start();
  const receiver = await UnreliableReceiver.start(ofAnswers, DELIVERY_TIMEOUT_MS);
  receiver.onAlert(({ prices }) => prices.forEach((price) => site.noticed(price)));
  let target: Target | undefined;
  try {
    const killed = new Map<string, number>();
    let kills = 0;
    if (options.form === 'services') {
      target = await ServicesTarget.start(folder, environment, ofKills);
    } else {
      kills = Math.floor(options.kills / FIRST_STARTS);
      killed.set('standalone, in its first start', kills);
      target = await StandaloneTarget.start(folder, environment, ofKills, kills);
    }
    say(`ready at ${target.url}; seed ${options.seed}; logs in ${folder}`);

    const watchers = await Watchers.signUp(target, receiver, options.intervalSeconds);
    const late = Math.floor(options.sources * FILED_UNDER_FIRE);
    await watchers.watch(Array.from({ length: options.sources - late }, () => site.addPage()));
    say(`${options.sources - late} sentences are filed and have their baseline; the killing begins`);
    const filing = (async () => {
      for (let number = 0; number < late; number++) {
        await sleep(ofFiling.integer(0, FILING_PAUSE_MS));
        await watchers.insist(site.addStillPage());
      }
    })();
    filing.catch(() => undefined);

    while (kills < options.kills) {
      site.change(ofChanges);
      const what = await target.strike();
      killed.set(what, (killed.get(what) ?? 0) + 1);
      if (++kills % Math.ceil(options.kills / REPORTS) === 0) {
        say(
          `${kills} kills, ${site.visits} visits, ${site.changes.length} changes, ${receiver.messages.size} ` +
            `webhooks in ${receiver.requests} requests`,
        );
      }
    }

    receiver.calm();
    await target.recover();
    await filing;
    say('no more kills; waiting until everything is told');
    const calmSince = Date.now();
    const isTold = async () => receiver.messages.size >= site.changes.length && (await watchers.allTold());
    while (!(await isTold()) && Date.now() < calmSince + SETTLE_MS) await sleep(1_000);
    const settledSeconds = Math.round((Date.now() - calmSince) / 1000);
    say(`waited ${settledSeconds} s; and once more as long as an interval, for what is one too many`);
    await sleep(options.intervalSeconds * 1000);
    const lastSeen = new Date();
    const found = await target.stop((database) => audit(database, lastSeen));
    const { changes } = site;
    const { memory, failedStarts } = target;
    return judge({ audit: found, changes, receiver, killed, memory, failedStarts, settledSeconds });
  } finally {
    await target?.destroy();
    await Promise.all([site.close(), receiver.close()]);
  }
}
