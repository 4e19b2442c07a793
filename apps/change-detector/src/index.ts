export { changeDetectorConfig } from './change-detector.config.ts';
export { ChangeDetectorHttpModule, ChangeDetectorModule } from './change-detector.module.ts';
export { judge, type Examination, type Judgement } from './judge/judge.ts';
export { readSentence } from './sentence/read-sentence.ts';
