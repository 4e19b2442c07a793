import type { HtmlElement } from './html-tree.ts';
import { likelyContent } from './likely-content.ts';
import { textOf } from './inline-text.ts';

type Noise = 'hidden' | 'navigation' | 'consent' | 'overlay' | 'form' | 'advertisement';

const consentName =
  /^(cookie|consent|gdpr|ccpa|onetrust|cybot|didomi|usercentrics|truste|trustarc|osano|iubenda|klaro|complianz|cmplz|termly|qc-?cmp)/;
const consentPart = /[-_](cookies?|consent|gdpr)([-_]|$)/;
/**
 * Whole names only: a classified-ads site has its prices in `ad-price`, and only an ad slot is an `ad-slot`.
 */
const advertisementName =
  /^(ads?|adsbygoogle|adsense|advert(s|isement|isements|ising)?|sponsored|taboola|outbrain|dfp|ads?[-_]?(slot|unit|box|container|wrapper|banner|block|placeholder|space|zone|frame|label|leaderboard|sidebar|top|bottom|\d+)|(banner|top|side|sidebar|google|display|header|footer|inline|page)[-_]?ads?)([-_]\d+)?$|^(div-gpt-ad|google_ads|taboola|outbrain)[-_]/;
const promotionName =
  /^(?:[\w-]+[-_])?(?:(?:promo(?:tion)?(?:al)?|announcement)[-_]?(?:bar|banner|strip|ribbon|teaser|popup|box))$/;
const invisibleStyle = /(^|;)\s*(display\s*:\s*none|visibility\s*:\s*hidden)/i;
const navigationRoles = new Set(['navigation', 'menu', 'menubar', 'contentinfo']);
/** Not `menu`: that of a restaurant is what people watch. */
const navigationName = /^((site|page|main|global)[-_])?(footer|nav|navbar|navigation|breadcrumbs?)$/;
/** Parts of names of menus and footers. Only a list of links is one: a menu may list dishes, a card's footer a price. */
const linkListPart =
  /(?:^|[-_])(?:nav|navbar|navigation|(?:sub|mega|main|top|side|mobile)?-?menu|footer|masthead|top-?bar|site-?map|breadcrumbs?|off-?canvas|(?:lang|language|locale)s?(?:[-_]?(?:switch(?:er)?|select(?:or)?|picker|menu))?)(?:[-_]|$)/;
const linkListShare = 0.7;
/** A page that marks so much of itself as its main part has only navigation in the links around it. */
const mainShare = 0.4;
/** What opens over the page when it is asked to. */
const overlayName =
  /^(?:[\w-]+[-_])?(?:pop-?up|modal|lightbox|off-?canvas)$|^(?:modal|pop-?up|off-?canvas)[-_](?:content|body|dialog|window|wrapper|container|inner|box)$/;
const overlayRoles = new Set(['dialog', 'alertdialog']);
const price = /\p{Sc}\s?\d|\d\s?\p{Sc}/u;
const none: ReadonlySet<HtmlElement> = new Set();
const contentElements = new Set(['main', 'article', 'section']);

/** Text that dominates no page: a small one may well be a quarter menu. */
const smallTextLength = 400;

/**
 * The elements of a page that a reader does not read: hidden ones, navigation and the site's footer, cookie banners,
 * advertisements. Never one that holds an h1, main or article (or, where a page has none, what reads like one) or
 * more than a quarter of the text: then it was misjudged. Advertisements are judged together, because many small ones may be all that a listing has.
 */
export function findNoise(root: HtmlElement): Set<HtmlElement> {
  const noise = new Set<HtmlElement>();
  const advertisements: HtmlElement[] = [];
  const dominates = (textLength: number) => textLength > Math.max(root.textLength / 4, smallTextLength);

  const likely = new Set(root.holdsMain ? [] : likelyContent(root));
  const marked = textLengthOfMain(root) > root.textLength * mainShare;

  const work: { element: HtmlElement; inContent: boolean }[] = [{ element: root, inContent: false }];
  for (let item = work.pop(); item; item = work.pop()) {
    const { element, inContent } = item;
    const isKept =
      element.holdsMain ||
      likely.has(element) ||
      (dominates(element.textLength) && !isLinkListByName(element));
    const kind = isKept
      ? undefined
      : (noiseOf(element, inContent) ??
        (marked && !inContent && isLinkList(element) ? 'navigation' : undefined));
    if (kind === 'advertisement') advertisements.push(element);
    else if (kind) noise.add(element);
    if (kind) continue;
    const childrenInContent = inContent || contentElements.has(element.name);
    for (const child of element.children) {
      if (typeof child !== 'string') work.push({ element: child, inContent: childrenInContent });
    }
  }

  if (!dominates(advertisements.reduce((sum, { textLength }) => sum + textLength, 0))) {
    for (const element of advertisements) noise.add(element);
  }
  return noise;
}

/** Text within the elements that say that they are the main part of the page. */
function textLengthOfMain(root: HtmlElement): number {
  let length = 0;
  const work = [root];
  for (let element = work.pop(); element; element = work.pop()) {
    if (element.name === 'main' || element.attributes['role'] === 'main') length += element.textLength;
    else for (const child of element.children) if (typeof child !== 'string') work.push(child);
  }
  return length;
}

const isLinkList = ({ textLength, linkLength }: HtmlElement): boolean =>
  linkLength > 0 && linkLength >= textLength * linkListShare;

/** Surely navigation, even where it is most of a short page. */
const isLinkListByName = (element: HtmlElement): boolean =>
  (element.name === 'nav' || element.name === 'footer') && isLinkList(element);

function noiseOf(element: HtmlElement, inContent: boolean): Noise | undefined {
  const { name, attributes } = element;
  const { hidden, style, role } = attributes;
  if (
    (hidden !== undefined && hidden !== 'until-found') ||
    attributes['aria-hidden'] === 'true' ||
    (style !== undefined && invisibleStyle.test(style)) ||
    (name === 'dialog' && attributes['open'] === undefined)
  ) {
    return 'hidden';
  }
  if (name === 'nav' || (role !== undefined && navigationRoles.has(role))) return 'navigation';
  if (name === 'footer' && !inContent) return 'navigation';
  if (name === 'header' && !inContent && isLinkList(element)) return 'navigation';
  // The same page in other languages.
  if (name === 'a' && attributes['hreflang'] !== undefined) return 'navigation';
  if (attributes['aria-modal'] === 'true' || (role !== undefined && overlayRoles.has(role))) return 'overlay';
  if (name === 'form' && element.holdsPersonalField && !price.test(textOf(element, none))) return 'form';
  for (const word of namesOf(attributes)) {
    if (consentName.test(word) || consentPart.test(word)) return 'consent';
    if (overlayName.test(word)) return 'overlay';
    if (!inContent && navigationName.test(word)) return 'navigation';
    if (linkListPart.test(word) && isLinkList(element) && !price.test(textOf(element, none)))
      return 'navigation';
    if (advertisementName.test(word) || promotionName.test(word)) return 'advertisement';
  }
  return undefined;
}

/** Class names and id, `cookieBanner` as `cookie-banner`. */
function namesOf({ id, class: className }: Record<string, string>): string[] {
  return `${id ?? ''} ${className ?? ''}`
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean);
}
