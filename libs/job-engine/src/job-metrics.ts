import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['queue'] as const;

export const jobsStarted = new Counter({
  name: 'torale_jobs_started_total',
  help: 'Tries of jobs that were begun.',
  labelNames,
});

export const jobsEnded = new Counter({
  name: 'torale_jobs_ended_total',
  help: 'Tries of jobs by how they ended: done, retried, given_up, released (the process stopped), lost (another process has the job) or unrecorded (it runs again).',
  labelNames: ['queue', 'outcome'] as const,
});

export const jobDuration = new Histogram({
  name: 'torale_job_duration_seconds',
  help: 'How long tries of jobs took.',
  labelNames,
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
});

export const jobsRunning = new Gauge({
  name: 'torale_jobs_running',
  help: 'Jobs at work in this process.',
  labelNames,
});

export const jobLimit = new Gauge({
  name: 'torale_jobs_limit',
  help: 'How many jobs may be at work in this process; adapts to how they go.',
  labelNames,
});

export interface QueueDepth {
  queue: string;
  /** Jobs that wait, for their turn or for their next try. */
  waiting: number;
  dead_letters: number;
}

/** Asked at each scrape. */
const depthReaders = new Set<() => Promise<QueueDepth[]>>();

const deadLetters = new Gauge({
  name: 'torale_dead_letters',
  help: 'Jobs that were given up and wait for an operator, of all processes.',
  labelNames,
});

export const queueDepth = new Gauge({
  name: 'torale_jobs_waiting',
  help: 'Jobs that wait for their turn or for their next try, of all processes.',
  labelNames,
  collect: async () => {
    const depths = (await Promise.all([...depthReaders].map((read) => read()))).flat();
    for (const { queue, waiting, dead_letters } of depths) {
      queueDepth.set({ queue }, waiting);
      deadLetters.set({ queue }, dead_letters);
    }
  },
});

/** Has `read` asked for the depth of queues at each scrape, until the returned function is called. */
export function reportDepth(read: () => Promise<QueueDepth[]>): () => void {
  depthReaders.add(read);
  return () => depthReaders.delete(read);
}
