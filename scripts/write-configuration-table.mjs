/**
 * Writes the README's configuration table from the schemas that the services parse their environment with.
 * With `--check`, writes nothing and fails when the README is out of date. Needs a build.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const workspace = new URL('../', import.meta.url);
const load = (project) => import(new URL(`${project}/dist/index.js`, workspace).href);
const { coreConfig, describeConfig, serviceTokenConfig } = await load('libs/service-host');
const { databaseConfig } = await load('libs/database');
const { secretsConfig } = await load('libs/secrets');
const { serviceClientConfig } = await load('libs/service-client');
const { webhookSigningConfig } = await load('apps/notifications');
const { standaloneConfig } = await load('apps/standalone');

const BEGIN = '<!-- configuration:begin (npm run docs:config) -->';
const END = '<!-- configuration:end -->';
const readme = fileURLToPath(new URL('README.md', workspace));

const slices = [
  coreConfig,
  ...standaloneConfig,
  databaseConfig,
  serviceTokenConfig,
  secretsConfig,
  webhookSigningConfig,
  serviceClientConfig,
];
const separate = new Set(
  [databaseConfig, serviceTokenConfig, secretsConfig, webhookSigningConfig, serviceClientConfig].map(
    (slice) => slice.name,
  ),
);

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const rows = describeConfig(slices).map(({ variable, default: value, required, description, read_by }) => {
  const given = value === null ? (required ? 'required' : '') : `\`${value}\``;
  // standalone answers for itself there: it is its own Supabase.
  const shown = variable === 'SUPABASE_URL' ? 'its own address in standalone, else required' : given;
  const note = read_by.every((name) => separate.has(name)) ? ' Separate services only.' : '';
  return `| \`${variable}\` | ${cell(shown)} | ${cell(description)}${note} |`;
});
const table = ['| variable | default | what it is |', '|---|---|---|', ...rows].join('\n');

const before = await readFile(readme, 'utf8');
const [head, rest] = before.split(BEGIN);
const tail = rest?.split(END)[1];
if (tail === undefined) throw new Error(`README.md has no place for the table between ${BEGIN} and ${END}`);
const after = `${head}${BEGIN}\n\n${table}\n\n${END}${tail}`;

if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('The configuration table in README.md is out of date: run `npm run docs:config`.');
    process.exitCode = 1;
  }
} else {
  await writeFile(readme, after);
}
