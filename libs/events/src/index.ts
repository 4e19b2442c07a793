export * from './append-events.repository.ts';
