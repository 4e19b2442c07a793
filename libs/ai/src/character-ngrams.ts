/**
 * Adds the character bigrams and trigrams of a token to `sum`, each as a pseudo-random vector of ±`weight`. Tokens
 * that share n-grams come out alike in any script; others nearly orthogonal.
 */
export function addCharacterNgrams(sum: Float64Array, token: string, weight: number): void {
  const characters = [...`<${token}>`];
  for (let start = 0; start + 1 < characters.length; start++) {
    const bigram = fnv1a(characters[start + 1]!, fnv1a(characters[start]!));
    addPseudoRandom(sum, bigram, weight);
    const third = characters[start + 2];
    if (third !== undefined) addPseudoRandom(sum, fnv1a(third, bigram), weight);
  }
  // In scripts whose words are one or two characters long, the word itself says most.
  if (characters.length <= 4) addPseudoRandom(sum, fnv1a(token), weight);
}

function addPseudoRandom(sum: Float64Array, seed: number, weight: number): void {
  for (let start = 0; start < sum.length; start += 32) {
    let bits = mix(seed + start);
    const end = Math.min(start + 32, sum.length);
    for (let d = start; d < end; d++) {
      sum[d]! += bits & 1 ? weight : -weight;
      bits >>>= 1;
    }
  }
}

/** FNV-1a over UTF-16 code units; `hash` continues that of the text before. */
function fnv1a(text: string, hash = 0x811c9dc5): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
