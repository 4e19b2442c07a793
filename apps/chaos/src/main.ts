import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runChaos, type ChaosOptions } from './chaos.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    sources: { type: 'string', default: '300' },
    form: { type: 'string', default: 'standalone' },
    interval: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
  },
});
const { form } = values;
if (form !== 'standalone' && form !== 'services')
  throw new Error(`--form is standalone or services, not ${form}`);

const options: ChaosOptions = {
  form,
  kills: wholeNumber('kills'),
  sources: wholeNumber('sources'),
  intervalSeconds: wholeNumber('interval'),
  seed: wholeNumber('seed'),
  progress: (line) => console.log(line),
};
const { table, violations } = await runChaos(options);

console.log();
for (const [what, value] of Object.entries(table)) console.log(`${what.padEnd(60)} ${value}`);
console.log();
if (violations.length === 0) console.log('Nothing was lost and nothing doubled.');
else {
  for (const violation of violations) console.log(`WRONG: ${violation}`);
  console.log(`\n${violations.length} wrong; once more: --form ${form} --seed ${options.seed}`);
  process.exitCode = 1;
}

function wholeNumber(name: 'kills' | 'sources' | 'interval' | 'seed'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} is a whole number`);
  return number;
}
