import type { Block, Extraction } from '@torale/contracts';
import { exec, type JsonValue } from 'jsonpath-rfc9535';
import { BlockList } from './block-list.ts';
import { normaliseText } from './normalise-text.ts';
import { languageOf, nothingSelected, selecting, wrongLanguage } from './selector.ts';

/** Of a path, its end: what tells values apart stands there. */
const maxPathLength = 200;
const maxNameLength = 80;
/** What people call a thing by, before what machines do. */
const nameKeys = ['name', 'title', 'label', 'id', 'sku', 'slug', 'code', 'key', 'date'];

interface Visit {
  /** As it is read: `offers[Solo].price`. */
  label: string;
  /** The names of the items around it. */
  path: string[];
  value: JsonValue;
  /** Its place in the document. Undefined where nothing is selected. */
  place: (string | number)[] | undefined;
  included: boolean;
}

/**
 * One block per value, `offers[Solo].price: 549`, keys in alphabetical order. Items of an array go by their name where
 * each has one of its own, and never by their place, so that an item more is an item more.
 * @throws ExtractionError when a selector is no JSONPath, or nothing is left
 */
export function jsonBlocks(
  text: string,
  maxBlocks: number,
  { include, exclude }: Pick<Extraction, 'include' | 'exclude'>,
): Block[] {
  const list = new BlockList(maxBlocks);
  const root = parseExactly(text);
  const excluded = placesOf(root, exclude);
  const included = placesOf(root, include);
  const selects = include.length + exclude.length > 0;
  const work: Visit[] = [
    { label: '', path: [], value: root, place: selects ? [] : undefined, included: include.length === 0 },
  ];
  for (let item = work.pop(); item; item = work.pop()) {
    const { label, path, value, place } = item;
    const id = place && JSON.stringify(place);
    if (id !== undefined && excluded.has(id)) continue;
    const isIncluded = item.included || (id !== undefined && included.has(id));
    if (typeof value !== 'object' || value === null) {
      if (!isIncluded) continue;
      list.standUnder(path);
      list.add('definition', label === '' ? String(value) : `${label}: ${String(value)}`);
      continue;
    }
    const visit = (key: string | number, member: JsonValue, memberLabel: string, memberPath: string[]) =>
      work.push({
        label: memberLabel.slice(-maxPathLength).toWellFormed(),
        path: memberPath,
        value: member,
        place: place && [...place, key],
        included: isIncluded,
      });
    if (Array.isArray(value)) {
      const names = namesOf(value);
      for (let i = value.length - 1; i >= 0; i--) {
        const name = names?.[i];
        visit(i, value[i]!, `${label}[${name ?? ''}]`, name === undefined ? path : [...path, name]);
      }
    } else {
      for (const key of Object.keys(value).sort().reverse()) {
        visit(key, (value as Record<string, JsonValue>)[key]!, label ? `${label}.${key}` : key, path);
      }
    }
  }
  if (include.length > 0 && list.blocks.length === 0) throw nothingSelected(include);
  return list.blocks;
}

/** Numbers that a double cannot hold are kept as they are written: the last digit of an id is a difference. */
function parseExactly(text: string): JsonValue {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as JsonValue;
  const exact = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && source !== undefined && source.replace(/\D/g, '').length > 15
      ? source
      : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as JsonValue;
}

/** A name for each item, no two alike; undefined when not every item has one. */
function namesOf(items: readonly JsonValue[]): string[] | undefined {
  for (const key of nameKeys) {
    const names = new Set<string>();
    const haveNames = items.every((item) => {
      if (typeof item !== 'object' || item === null || !Object.hasOwn(item, key)) return false;
      const name = (item as Record<string, unknown>)[key];
      if (typeof name !== 'string' && typeof name !== 'number') return false;
      names.add(normaliseText(String(name)).slice(0, maxNameLength).toWellFormed());
      return true;
    });
    if (haveNames && names.size === items.length && !names.has('')) return [...names];
  }
  return undefined;
}

function placesOf(root: JsonValue, selectors: readonly string[]): Set<string> {
  const places = new Set<string>();
  for (const selector of selectors) {
    if (languageOf(selector) !== 'jsonpath') throw wrongLanguage(selector, 'JSON');
    selecting(selector, () => exec(root, selector, (_value, path) => void places.add(JSON.stringify(path))));
  }
  return places;
}
