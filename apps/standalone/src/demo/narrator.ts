/** Tells the demo's story on the terminal, with the time since it began. */
export class Narrator {
  private readonly begun = performance.now();
  private readonly colours = process.stdout.isTTY && !process.env.NO_COLOR;

  chapter(title: string): void {
    console.log(`\n${this.style('1', title)}`);
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.begun) / 1000).toFixed(1).padStart(5);
    console.log(`${this.style('2', `${seconds} s`)}  ${text}`);
  }

  good(text: string): void {
    this.say(`${this.style('32', '✔')} ${text}`);
  }

  bad(text: string): void {
    this.say(`${this.style('31', '✘')} ${text}`);
  }

  private style(code: string, text: string): string {
    return this.colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
