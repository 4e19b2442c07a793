import type { CDPSession } from 'playwright-core';

/** What of a page is kept in a picture, CSS pixels. */
const screenshotWidth = 1280;
const maxScreenshotHeight = 4000;

/**
 * Runs in the page, in a world of its own where the page's scripts have replaced nothing. A document with open shadow
 * roots is copied as it shows: in place of a host's children its shadow tree, in place of a slot what is put there.
 */
function serialise(maxLength: number): string | number {
  const hosts = Array.from(document.querySelectorAll('*')).some((element) => element.shadowRoot);
  const html = (hosts ? flattened(document.documentElement) : document.documentElement).outerHTML;
  return html.length > maxLength ? html.length : `<!DOCTYPE html>${html}`;

  function flattened(root: Element): Element {
    const inert = document.implementation.createHTMLDocument();
    const copyOf = (node: Node) => inert.importNode(node, false);
    const result = copyOf(root) as Element;
    const work: [Node, Node][] = [[root, result]];
    for (let pair = work.pop(); pair; pair = work.pop()) {
      const [node, copy] = pair;
      for (const child of shownIn(node)) {
        const childCopy = copyOf(child);
        copy.appendChild(childCopy);
        work.push([child, childCopy]);
      }
    }
    return result;
  }

  function shownIn(node: Node): Iterable<Node> {
    if (node instanceof HTMLSlotElement) {
      const assigned = node.assignedNodes();
      if (assigned.length > 0) return assigned;
    }
    return ((node as Element).shadowRoot ?? node).childNodes;
  }
}

/**
 * The document as it stands, or its length when that is over `maxLength` characters: then it never leaves the
 * browser. Of a page whose script never ends it resolves never.
 */
export async function documentHtml(session: CDPSession, maxLength: number): Promise<string | number> {
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'torale',
  });
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `(${serialise.toString()})(${maxLength})`,
    contextId: executionContextId,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as string | number;
}

/** A PNG of the page from its top down to a limit. */
export async function documentScreenshot(session: CDPSession): Promise<Buffer> {
  const { cssContentSize } = await session.send('Page.getLayoutMetrics');
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: true,
    clip: {
      x: 0,
      y: 0,
      width: screenshotWidth,
      height: Math.max(1, Math.min(cssContentSize.height, maxScreenshotHeight)),
      scale: 1,
    },
  });
  return Buffer.from(data, 'base64');
}
