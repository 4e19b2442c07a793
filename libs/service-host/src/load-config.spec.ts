import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.ts';

const portConfig = defineConfig('port', { PORT: z.coerce.number().int().default(80), NAME: z.string() });
const mailConfig = defineConfig('mail', {
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  API_KEY: z.string().min(8),
});

test('parses each slice, with defaults; an empty variable is a missing one', () => {
  const config = loadConfig([portConfig, mailConfig], {
    NAME: 'torale',
    PORT: '',
    SMTP_URL: '',
    API_KEY: '12345678',
    HOME: '/',
  });
  expect(config.of(portConfig)).toEqual({ PORT: 80, NAME: 'torale' });
  expect(config.of(mailConfig)).toEqual({ API_KEY: '12345678' });
});

test('names every fault of every slice at once, and shows no value', () => {
  const load = () =>
    loadConfig([portConfig, mailConfig], { PORT: 'eighty', SMTP_URL: 'http://mail', API_KEY: 'hunter2' });
  expect(load).toThrow(ConfigError);
  let message = '';
  try {
    load();
  } catch (error) {
    message = (error as Error).message;
  }
  const lines = message.split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe('The configuration is not valid:');
  expect(lines).toContain('  NAME: is required');
  for (const variable of ['PORT', 'SMTP_URL', 'API_KEY']) expect(message).toContain(`  ${variable}: `);
  expect(message).not.toMatch(/eighty|http:\/\/mail|hunter2/);
});

test('a slice that was not loaded cannot be asked for', () => {
  expect(() => loadConfig([mailConfig], { API_KEY: '12345678' }).of(portConfig)).toThrow(
    'port was not loaded',
  );
});
