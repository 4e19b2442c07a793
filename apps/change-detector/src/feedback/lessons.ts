import { type BlockChange, diceOf, shapeWordsOf } from '@torale/block-alignment';

/** What a person said of one place of change that they were alerted to. */
export interface Lesson {
  verdict: 'useful' | 'not_useful';
  /** In the person's words; null when they gave none. */
  reason: string | null;
  /** ISO 8601. */
  said_at: string;
  /** The evidence of that alert. */
  places: readonly { before: string | null; after: string | null; path: readonly string[] }[];
}

export interface Taught {
  /** 0 to 1. */
  relevance: number;
  /** The feedback that moved it, as a phrase that fits "Real, but …"; null when none did. */
  lesson: string | null;
}

/** From here on two changes are of the same place: numbers count by shape, so that tomorrow's value is like today's. */
const samePlaceFrom = 0.6;
/** How far one alike change that was not useful, or was, moves the relevance. */
const unwanted = 0.2;
const wanted = 1.5;

/**
 * A change's relevance after what feedback taught of changes in the same place; newer feedback goes before older.
 * Alike is alike in words or shape, and under the same heading when there is one. A lesson weighs relevance only: it
 * never touches a condition, which is what the person asked for in so many words.
 */
export function withLessons(
  change: { change: BlockChange },
  relevance: number,
  lessons: readonly Lesson[],
): Taught {
  const lesson = [...lessons]
    .sort((a, b) => b.said_at.localeCompare(a.said_at))
    .find(({ places }) => places.some((place) => likenessOf(change.change, place) >= samePlaceFrom));
  if (!lesson) return { relevance, lesson: null };
  const factor = lesson.verdict === 'useful' ? wanted : unwanted;
  const said = lesson.verdict === 'useful' ? 'useful' : 'not useful';
  return {
    relevance: Math.min(1, relevance * factor),
    lesson: `you called a change like this ${said} on ${lesson.said_at.slice(0, 10)}${lesson.reason ? ` (“${lesson.reason}”)` : ''}`,
  };
}

function likenessOf({ before, after }: BlockChange, place: Lesson['places'][number]): number {
  const heading = (after ?? before)!.path.at(-1);
  if (heading !== place.path.at(-1)) return 0;
  const here = [before, after].flatMap((block) => (block ? [shapeWordsOf(block.text)] : []));
  const there = [place.before, place.after].flatMap((text) => (text ? [shapeWordsOf(text)] : []));
  return Math.max(0, ...here.flatMap((words) => there.map((others) => diceOf(words, others))));
}
