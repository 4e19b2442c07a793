/**
 * Whether a text talks to whoever judges it: "ignore previous instructions", "always alert", turn markers of chat
 * models. Such a page is judged by rules alone, which cannot be talked to. What this misses is held by the bounds on
 * what an answer may change (see docs/adr/0012).
 */
export function addressesJudge(text: string): boolean {
  const plain = plainOf(text);
  return patterns.some((pattern) => pattern.test(plain));
}

const lookalikes: Record<string, string> = { а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'i', ѕ: 's', ԁ: 'd', ո: 'n' }; // prettier-ignore

/** Without the usual disguises: invisible characters, letters of other scripts, l e t t e r s set apart. */
function plainOf(text: string): string {
  const visible = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase();
  // Only words that mix scripts are disguised; a Russian page stays Russian.
  const unmasked = visible.replace(/[\p{L}]+/gu, (word) =>
    /[a-z]/.test(word) ? word.replace(/[аеорсухіѕԁո]/g, (letter) => lookalikes[letter]!) : word,
  );
  const joined = unmasked.replace(/(?<!\p{L})(?:\p{L}[ .·_*-]){4,}\p{L}(?!\p{L})/gu, (spaced) =>
    spaced.replace(/[ .·_*-]/g, ''),
  );
  return joined.replace(/[\s_*"'“”‘’\\]+/g, ' ');
}

const dismiss = '(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass)';
const orders = '(?:instruct\\p{L}*|prompts?|rules?|orders?|commands?|directions?|guidelines?|directives?)';

const patterns = [
  new RegExp(`\\b${dismiss}\\b.{0,60}\\b${orders}`, 'u'),
  new RegExp(`\\b(?:new|updated|real|hidden|secret|following|these) (?:system )?${orders} ?(?::|are|for (?:the|you|any|all) (?:\\p{L}+ )?(?:ai|assistant|model|judge|bot|agent))`, 'u'),
  /\b(?:system|developer) ?(?:prompt|message|override|instruction)/u,
  /(?:^|[\s>\]])(?:system|assistant|developer) ?:\s/u,
  /<\|?\/? ?(?:im start|im end|system|assistant|endoftext|data)\b|\[\/?inst\]|<<sys>>/u,
  /<\/?data-[0-9a-f]*/u,
  /\b(?:always|never|must(?: not)?|do not|don t|should(?: not)?|shall(?: not)?|cannot)\b.{0,30}\b(?:(?:raise|send|trigger|issue|create|generate|output|return|report)\b.{0,20})?\b(?:alert|notif)\p{L}*(?! me)\b.{0,60}(?:user|always|never|page|this|change|regardless|matter|reader|owner)/u,
  /\b(?:alert|notify)(?: the user)? (?:always|never|no matter|regardless|every time|at once)\b/u,
  /\b(?:you are|act as|pretend to be|behave as) (?:now )?(?:a|an|the) (?:\p{L}+ ){0,3}(?:ai|assistant|llm|model|judge|bot|agent|dan)\b/u,
  /\b(?:dear|attention|note to|message (?:to|for)|hey|hello) (?:the |any |all )?(?:\p{L}+ )?(?:ai|llm|assistant|language model|judge|gpt|chatgpt|claude|model)s?\b/u,
  /\b(?:ai|llm|language) (?:model|assistant|agent|judge)s? (?:reading|processing|judging|must|should|shall|please|that reads?)\b/u,
  /\b(?:respond|answer|reply|output|return)\b.{0,40}\b(?:json|unrelated|answers|relation|condition met|verdict|only with)\b/u,
  /\b(?:relation|certainty|condition met|judged by|verdict) ?[:=] ?(?:answers|related|unrelated|sure|likely|true|false|alert|noise)/u,
  /\b(?:mark|classify|treat|label|consider|rate|report)\b.{0,50}\b(?:as )?(?:unrelated|irrelevant|noise|highly relevant|as relevant|as answers|high severity|no change|unchanged)\b/u,
  /\b(?:ignorier\p{L}*|vergiss|missachte)\b.{0,60}\b(?:anweisung|anleitung|befehl|regel|vorgabe)/u,
  /\b(?:ignore[zr]?|oublie[zr]?|ne tene?z pas compte)\b.{0,60}\b(?:instructions?|consignes?|r[eè]gles?|ordres?)/u,
  /\b(?:ignora\p{L}*|olvida\p{L}*|descarta\p{L}*|dimentica\p{L}*|desconsidere|ignore)\b.{0,60}\b(?:instruc\p{L}*|istruzion\p{L}*|[oó]rdenes|reglas|regole)/u,
  /(?:игнорир|забуд|не обращай).{0,60}(?:инструкц|указан|команд|правил)/u,
  /(?:忽略|无视|無視|忘记|忘記|忘れ).{0,20}(?:指令|指示|提示|命令|规则)|(?:指令|指示|命令|プロンプト).{0,12}(?:無視|忘れ)/u,
]; // prettier-ignore
