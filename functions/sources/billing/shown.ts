/** Ids as they may stand in a message: a site can choose them, and put anything into them. */
export const shown = (id: string): string => id.slice(0, 100).replaceAll(/[^\w-]/g, '?');
