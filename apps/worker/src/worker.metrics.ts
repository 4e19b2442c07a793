import { Counter } from 'prom-client';

export const checksTotal = new Counter({
  name: 'torale_checks_total',
  help: 'Checks by how the fetch ended and what the verdict was.',
  labelNames: ['outcome', 'verdict'],
});
