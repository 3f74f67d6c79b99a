/** Who works now: small work side by side, large work alone. */

export type Turns = <T>(weight: number, work: () => Promise<T>) => Promise<T>;

/** Runs work in the order asked for, as long as what is under way weighs at most `limit` together; anything runs alone. */
export const takingTurns = (limit: number): Turns => {
  const waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  let underWay = 0;
  const admit = () => {
    for (
      let next = waiting[0];
      next !== undefined && (underWay === 0 || underWay + next.weight <= limit);
      next = waiting[0]
    ) {
      waiting.shift();
      underWay += next.weight;
      next.begin();
    }
  };
  return async (weight, work) => {
    // What weighs nothing still takes its place among others.
    const counted = Math.max(1, weight);
    await new Promise<void>((begin) => {
      waiting.push({ weight: counted, begin });
      admit();
    });
    try {
      return await work();
    } finally {
      underWay -= counted;
      admit();
    }
  };
};
