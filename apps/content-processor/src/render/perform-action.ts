import type { RenderAction } from '@torale/contracts';
import { errors, type Page } from 'playwright-core';
import { RenderError } from './renderer.ts';

/**
 * Does one thing that the owner of a source wants done. Rejects with RenderError `timeout` when that cannot be done
 * within `timeoutMs`, `unsupported` when it makes no sense.
 */
export async function performAction(page: Page, action: RenderAction, timeoutMs: number): Promise<void> {
  if (action.type === 'scroll') return scroll(page, action.screens);
  const element = page.locator(`css=${action.selector}`).first();
  const options = { timeout: timeoutMs };
  try {
    switch (action.type) {
      case 'wait_for':
        return await element.waitFor({ ...options, state: 'visible' });
      case 'click':
        return await element.click(options);
      case 'fill':
        return await element.fill(action.value, options);
    }
  } catch (error) {
    if (error instanceof errors.TimeoutError) {
      throw new RenderError(
        'timeout',
        `Nothing to ${wordOf[action.type]} at “${action.selector}” within ${timeoutMs / 1000} s`,
        {
          cause: error,
        },
      );
    }
    if (/selector|is not an? <|cannot be filled/i.test((error as Error).message)) {
      throw new RenderError('unsupported', `Cannot ${wordOf[action.type]} at “${action.selector}”`, {
        cause: error,
      });
    }
    throw error;
  }
}

const wordOf = { wait_for: 'see', click: 'click', fill: 'fill' } as const;

async function scroll(page: Page, screens: number): Promise<void> {
  for (let i = 0; i < screens; i++) {
    await page.evaluate('window.scrollBy(0, window.innerHeight)');
    // Lists load what comes next when its place comes into view.
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
