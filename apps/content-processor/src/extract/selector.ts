import { ExtractionError } from './extraction-error.ts';

export type SelectorLanguage = 'css' | 'xpath' | 'jsonpath';

/** No selector of one language begins like one of another. */
export function languageOf(selector: string): SelectorLanguage {
  if (selector.startsWith('$')) return 'jsonpath';
  return /^[/(]/.test(selector) ? 'xpath' : 'css';
}

/**
 * What `select` finds by a selector of a user.
 * @throws ExtractionError `unsupported` when the library cannot make sense of it
 */
export function selecting<T>(selector: string, select: () => T): T {
  try {
    return select();
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0];
    throw new ExtractionError('unsupported', `The selector "${selector}" cannot be used: ${reason}`);
  }
}

export function nothingSelected(selectors: readonly string[]): ExtractionError {
  const named = selectors.map((selector) => `"${selector}"`).join(', ');
  return new ExtractionError('empty', `Nothing is left that the selector ${named} picks`);
}

export function wrongLanguage(selector: string, kind: string): ExtractionError {
  return new ExtractionError('unsupported', `The selector "${selector}" does not apply to ${kind}`);
}
