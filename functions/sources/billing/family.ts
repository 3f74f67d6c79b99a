/** Customers that belong together: who stands at the head of a chain of parents. */

/** The head of a family: the parent's parent, and so on. Families that go round in a circle have their first as head. */
export const headOf = (customer: string, parents: ReadonlyMap<string, string>): string => {
  const line: string[] = [];
  for (let at: string | undefined = customer; at !== undefined; at = parents.get(at)) {
    if (line.includes(at)) return line.slice(line.indexOf(at)).sort()[0] ?? customer;
    line.push(at);
  }
  return line.at(-1) ?? customer;
};
