/** What a pull counted of its lines, in sentences. */

/** What is counted, and the sentence that tells how many: `12 of 40 lines`, and on. */
export type LineNote<Name extends string = string> = readonly [count: Name, told: (lines: string) => string];

/** One sentence for every count that is not 0. */
export const lineNotes = (sentences: readonly LineNote[], counts: Readonly<Record<string, number>>): string[] =>
  sentences.flatMap(([name, told]) => {
    const count = counts[name] ?? 0;
    return count === 0 ? [] : [told(`${count} of ${counts.lines ?? 0} lines`)];
  });
