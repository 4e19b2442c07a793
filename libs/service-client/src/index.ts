export * from './call-context.ts';
