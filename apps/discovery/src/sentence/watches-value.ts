const amount = /[$€£¥₹₩₽]\s?\d|\d\s?(?:[$€£¥₹₩₽]|(?:usd|eur|gbp|chf|jpy|euros?|dollars?|pounds?)\b)/i;
const valueWords =
  /\b(?:prices?|pric(?:ed|ing)|costs?|cheaper|discount(?:s|ed)?|(?:in|of|back in) stock|sold out|restock\w*|preise?s?|prix|precios?|preços?|prezz[oi])\b|цен[аыу]|価格|价格|가격/i;

/** Whether a sentence is about a value that stands on a page (a price, a stock level), not about something new. */
export function watchesValue(text: string): boolean {
  return amount.test(text) || valueWords.test(text);
}
