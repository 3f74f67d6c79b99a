/** The segment tables: find, narrow to a dimension, hide low samples, and sort. All windows follow the same choice. */
import { choose, chosen, whenChosen } from './address.js';
import { countText, unitsOf } from './amounts.js';
import { all, make, makeButton, part } from './elements.js';
import { chosenWindow, whenWindowChanges } from './windows.js';

/** Ratios have six decimals, money fewer. */
const decimals = 6;

/**
 * @typedef {{ row: HTMLElement, home: HTMLElement, name: string, words: string, isLow: boolean }} Segment
 * @typedef {{ column: string, direction: 'ascending' | 'descending' }} Order
 */

/** Empty values stay last, whichever way the rest is sorted. @param {Segment[]} segments @param {number} at @param {Order} order */
const sorted = (segments, at, order) => {
  const sign = order.direction === 'ascending' ? 1 : -1;
  const keyed = segments.map((segment) => ({
    segment,
    key: at === 0 ? segment.name : unitsOf(segment.row.children[at]?.getAttribute('data-value') ?? '', decimals),
  }));
  return keyed
    .sort(({ key: one }, { key: other }) => {
      if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
      return one < other ? -sign : one > other ? sign : 0;
    })
    .map(({ segment }) => segment);
};

/** One table: its rows, the groups they come from, and a body for them when they are ranked. @param {HTMLElement} table */
const startTable = (table) => {
  const homes = all('tbody', table);
  const ranked = make('tbody', 'ranked');
  table.append(ranked);
  /** @type {Segment[]} */
  const segments = homes.flatMap((home) =>
    all('tr:not(.group)', home).map((row) => {
      const name = (row.querySelector('.name')?.textContent ?? '').toLowerCase();
      const of = row.querySelector('.of')?.textContent ?? '';
      return { row, home, name, words: `${name} ${of.toLowerCase()}`, isLow: row.dataset.low === 'yes' };
    }),
  );
  const heads = all('th[data-sort]', table);
  return {
    table,
    heads,
    /** @param {(segment: Segment) => boolean} isWanted @param {Order | null} order */
    show: (isWanted, order) => {
      let count = 0;
      for (const segment of segments) {
        segment.row.hidden = !isWanted(segment);
        if (!segment.row.hidden) count++;
      }
      const head = heads.find((each) => each.dataset.sort === order?.column);
      for (const each of heads) {
        if (each === head && order) each.setAttribute('aria-sort', order.direction);
        else each.removeAttribute('aria-sort');
      }
      const at = head ? [...(head.parentElement?.children ?? [])].indexOf(head) : -1;
      if (order && at >= 0) ranked.append(...sorted(segments, at, order).map(({ row }) => row));
      else for (const { row, home } of segments) home.append(row);
      for (const home of homes) {
        const group = home.querySelector('.group');
        if (group instanceof HTMLElement) group.hidden = !all('tr:not(.group)', home).some((row) => !row.hidden);
      }
      return { count, total: segments.length };
    },
  };
};

/** "ndr.descending" and back. @param {string | null} text @returns {Order | null} */
const orderOf = (text) => {
  const [column = '', direction] = (text ?? '').split('.');
  return direction === 'ascending' || direction === 'descending' ? { column, direction } : null;
};

export const startSegments = () => {
  const tables = all('table.segments').map(startTable);
  if (tables.length === 0) return;
  const text = part('segment-text', HTMLInputElement);
  const dimension = part('segment-dimension', HTMLSelectElement);
  const low = part('segment-low', HTMLInputElement);
  const count = part('segment-count', HTMLElement);
  /** @type {Order | null} */
  let order = null;

  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    for (const each of tables) {
      const result = each.show(
        ({ words, home, isLow }) =>
          words.includes(wanted) &&
          (dimension.value === '' || home.dataset.dimension === dimension.value) &&
          !(low.checked && isLow),
        order,
      );
      const window = each.table.closest('[data-window]')?.getAttribute('data-window');
      if (tables.length > 1 && chosenWindow() !== '' && window !== chosenWindow()) continue;
      count.textContent =
        result.count === result.total
          ? `${countText(result.total)} segments`
          : `${countText(result.count)} of ${countText(result.total)} segments`;
    }
  };

  const apply = () => {
    const state = chosen();
    text.value = state.get('find') ?? '';
    low.checked = state.get('low') === 'hidden';
    const named = [...dimension.options].find((option) => option.text === state.get('dimension'));
    dimension.value = named?.value ?? '';
    order = orderOf(state.get('sort'));
    show();
  };

  /** The larger first, then the smaller, then as the report has them; names the other way round. @param {string} column */
  const nextOrder = (column) => {
    /** @type {Order['direction'][]} */
    const turns = column === 'name' ? ['ascending', 'descending'] : ['descending', 'ascending'];
    const at = order?.column === column ? turns.indexOf(order.direction) + 1 : 0;
    const direction = turns[at];
    return direction ? { column, direction } : null;
  };

  for (const { heads } of tables)
    for (const head of heads) {
      const label = head.querySelector('.label');
      if (!label) continue;
      const button = makeButton('sort', () => {
        order = nextOrder(head.dataset.sort ?? '');
        choose('sort', order ? `${order.column}.${order.direction}` : '');
        show();
      });
      label.replaceWith(button);
      button.append(label);
    }

  text.addEventListener('input', () => {
    choose('find', text.value.trim());
    show();
  });
  dimension.addEventListener('change', () => {
    choose('dimension', dimension.value === '' ? '' : (dimension.selectedOptions[0]?.text ?? ''));
    show();
  });
  low.addEventListener('change', () => {
    choose('low', low.checked ? 'hidden' : '');
    show();
  });
  whenWindowChanges(show);
  whenChosen(apply);
  apply();
};
