import { Gauge, Histogram } from 'prom-client';

export const circuitBreakerState = new Gauge({
  name: 'torale_circuit_breaker_state',
  help: 'Circuit breaker of a service as this process sees it: 0 closed, 1 half open, 2 open',
  labelNames: ['service'] as const,
});

export const breakerState = { closed: 0, halfOpen: 1, open: 2 } as const;

export const serviceCallDuration = new Histogram({
  name: 'torale_service_call_duration_seconds',
  help: 'Calls to other services; outcome is ok or the error code',
  labelNames: ['service', 'operation', 'outcome'] as const,
  buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
});
