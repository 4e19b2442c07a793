/** Prints figures beside what they may be, and remembers whether all were kept. */
export class Limits {
  #missed = 0;

  /** A figure that nothing is asked of. */
  figure(what: string, value: string): void {
    console.log(`${what.padEnd(74)} ${value}`);
  }

  atMost(what: string, value: number, limit: number, unit = ''): void {
    this.#compare(what, value, limit, value <= limit, '≤', unit);
  }

  atLeast(what: string, value: number, limit: number, unit = ''): void {
    this.#compare(what, value, limit, value >= limit, '≥', unit);
  }

  /** Says so when something was missed; the exit code of the process. */
  finish(): number {
    if (this.#missed > 0) console.log(`\n${this.#missed} MISSED`);
    return this.#missed > 0 ? 1 : 0;
  }

  #compare(what: string, value: number, limit: number, ok: boolean, sign: string, unit: string): void {
    if (!ok) this.#missed++;
    this.figure(what, `${value.toFixed(2)}${unit}  (${sign} ${limit}${unit}: ${ok ? 'ok' : 'MISSED'})`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

/** `median (least–most)` */
export function spread(values: readonly number[], digits = 2): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
