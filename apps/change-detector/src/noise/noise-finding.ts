/** Why something is noise, and the words of the page that showed it. */
export interface NoiseFinding {
  /** A phrase that fits "… is noise: <reason>". */
  reason: string;
  /** A sentence that asks about one of these words asks about this very thing: then it is no noise. */
  words: string;
}
