export interface ValueSpan {
  /** As written, in the canonical text. */
  text: string;
  /** Offset of the first character in the canonical text, and of the one after the last. */
  start: number;
  end: number;
  /** Equal for values that mean the same, however they are written. */
  key: string;
}

export interface MoneyValue extends ValueSpan {
  kind: 'money';
  amount: number;
  /** ISO 4217, or `kr` where the country is not said. */
  currency: string;
}
export interface PercentageValue extends ValueSpan {
  kind: 'percentage';
  amount: number;
}
export interface NumberValue extends ValueSpan {
  kind: 'number';
  amount: number;
  /** The word after the number in lower case, e.g. `gb`, `stars`. */
  unit: string | null;
}
export interface DurationValue extends ValueSpan {
  kind: 'duration';
  seconds: number;
}
export interface DateValue extends ValueSpan {
  kind: 'date';
  /** As exact as the text: `2027`, `2027-Q3`, `2027-03`, `2027-03-14`, `--03-14` (no year), `2027-03-14T10:00`. */
  iso: string;
}
export interface TimeValue extends ValueSpan {
  kind: 'time';
}
/** A time told from now: `3 minutes ago`, `tomorrow`. */
export interface RelativeTimeValue extends ValueSpan {
  kind: 'relative_time';
}
export interface VersionValue extends ValueSpan {
  kind: 'version';
  version: string;
}
export type Availability =
  | 'available'
  | 'unavailable'
  | 'preorder'
  | 'backorder'
  | 'open'
  | 'closed'
  | 'cancelled'
  | 'postponed'
  | 'discontinued'
  | 'coming_soon'
  | 'operational'
  | 'outage';
export interface AvailabilityValue extends ValueSpan {
  kind: 'availability';
  state: Availability;
}
/** `not`, `no longer`: the word that turns a sentence around. */
export interface NegationValue extends ValueSpan {
  kind: 'negation';
}
/** `may`, `will`, `must`: how sure or how binding. */
export interface ModalityValue extends ValueSpan {
  kind: 'modality';
}

/** Something in a text that is compared by what it means and not by how it is worded. */
export type Value =
  | MoneyValue
  | PercentageValue
  | NumberValue
  | DurationValue
  | DateValue
  | TimeValue
  | RelativeTimeValue
  | VersionValue
  | AvailabilityValue
  | NegationValue
  | ModalityValue;
export type ValueKind = Value['kind'];
export type ValueOf<K extends ValueKind> = Extract<Value, { kind: K }>;
