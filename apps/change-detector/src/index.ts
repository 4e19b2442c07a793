export { ChangeDetectorHttpModule, ChangeDetectorModule } from './change-detector.module.ts';
