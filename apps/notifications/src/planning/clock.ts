/** What time it is, for deciding when something is told. Left unbound, it is the system's. */
export type Clock = () => Date;
export const CLOCK = Symbol.for('torale.Clock');
