import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

/** Whoever answers or makes calls between services needs this one. */
export const serviceTokenConfig = defineConfig('service-token', {
  SERVICE_TOKEN_SECRET: z
    .string()
    .min(32)
    .meta({ description: 'Signs and checks the tokens of calls between services; the same in all of them.' }),
});

const address = (port: number) => z.url({ protocol: /^https?$/ }).default(`http://127.0.0.1:${port}`);

export const serviceClientConfig = defineConfig('service-client', {
  DISCOVERY_SERVICE_URL: address(8001).meta({ description: 'Where discovery listens.' }),
  CONTENT_PROCESSOR_URL: address(8002).meta({ description: 'Where content-processor listens.' }),
  NOTIFICATION_SERVICE_URL: address(8003).meta({ description: 'Where notifications listens.' }),
  CHANGE_DETECTOR_URL: address(8004).meta({ description: 'Where change-detector listens.' }),
  CIRCUIT_BREAKER_RESET_SECONDS: z.coerce
    .number()
    .positive()
    .default(10)
    .meta({ description: 'How long calls to a dead service fail at once before one is tried again.' }),
});
