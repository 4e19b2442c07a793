import { levels, type DestinationStream } from 'pino';

/** Log lines for a person at a terminal: `12:01:07 INFO  gateway bootstrap listens on …`. */
export const readableLog: DestinationStream = {
  write(line: string): void {
    const { level, time, service, context, msg, err, ...rest } = JSON.parse(line);
    const clock = new Date(time).toTimeString().slice(0, 8);
    const label = levels.labels[level]?.toUpperCase().padEnd(5);
    const fields = Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    const words = [clock, label, service, context, msg, ...fields].filter((word) => word !== undefined);
    process.stdout.write(`${words.join(' ')}\n${err?.stack ? `${err.stack}\n` : ''}`);
  },
};
