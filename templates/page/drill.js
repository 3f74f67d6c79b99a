/** From a figure to the movements behind it: a dialog with their rows, their sum, and whether it is the report's. */
import { amountText, countText, signedText, unitsOf } from './amounts.js';
import { all, make, makeButton, part } from './elements.js';
import { ask, extent, hasLedger, moneyDecimals, sumsOf, words } from './ledger.js';

const rowsAPage = 50;

/**
 * What was asked: `sum` is what the report says the movements add up to, empty where it says nothing.
 * @typedef {{ window: string, title: string, movement: string, cause: string, dimension: number, value: number, sum: string }} Figure
 */

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {HTMLSelectElement} select @param {string[]} names @param {string} every */
const fillSelect = (select, names, every) => {
  for (const name of ['', ...names]) {
    const option = document.createElement('option');
    option.value = name;
    option.text = name === '' ? every : capital(name);
    select.append(option);
  }
};

/** Rows of one page. @param {import('./ledger.js').Move} move @param {number} decimals */
const rowOf = (move, decimals) => {
  const row = make('tr');
  const account = make('th');
  account.setAttribute('scope', 'row');
  account.append(make('bdi', 'name', move.name));
  if (move.id !== move.name) account.append(make('bdi', 'id', move.id));
  const change = move.closing - move.opening;
  const why = make('td', 'words', capital(move.cause === '' ? move.movement : `${move.movement}, ${move.cause}`));
  if (move.reason !== '') why.append(make('bdi', 'id', move.reason));
  const ids = make('td', 'words');
  ids.append(make('bdi', 'id', move.invoices), make('bdi', 'id', move.opportunities));
  row.append(
    account,
    make('td', change > 0n ? 'good' : 'bad', signedText(change, decimals)),
    why,
    make('td', '', amountText(move.opening, decimals)),
    make('td', '', amountText(move.closing, decimals)),
    ids,
  );
  return row;
};

const makeDrill = () => {
  const dialog = part('drill', HTMLDialogElement);
  const text = part('drill-text', HTMLInputElement);
  const movement = part('drill-movement', HTMLSelectElement);
  const cause = part('drill-cause', HTMLSelectElement);
  const rows = part('drill-rows', HTMLElement);
  const back = part('drill-back', HTMLButtonElement);
  const on = part('drill-on', HTMLButtonElement);
  const region = all('.drill-rows', dialog)[0];
  /** @type {Figure | null} */
  let figure = null;
  let page = 0;

  /** @param {string} id @param {string} words */
  const say = (id, words) => {
    part(id, HTMLElement).textContent = words;
  };

  /**
   * Says whether the sum is the report's, where all movements of a figure are there.
   * @param {bigint} change
   * @param {Figure} of
   * @returns {{ words: string, isProof?: boolean }}
   */
  const proof = (change, of) => {
    const decimals = moneyDecimals();
    const { shown, total } = extent(of.window);
    if (shown < total)
      return {
        words: `From the largest ${countText(shown)} of ${countText(total)} movements of this window; all are in movements.csv.`,
      };
    const isWhole = text.value.trim() === '' && movement.value === of.movement && cause.value === of.cause;
    const reported = unitsOf(of.sum, decimals);
    if (!isWhole || reported === null) return { words: '' };
    return reported === change
      ? { words: 'Adds up to the figure of the report, to the last digit.', isProof: true }
      : { words: `The report says ${signedText(reported, decimals)}.` };
  };

  const show = () => {
    if (figure === null) return;
    const decimals = moneyDecimals();
    const found = ask(figure.window, {
      ...figure,
      text: text.value,
      movement: movement.value,
      cause: cause.value,
    });
    const pages = Math.max(1, Math.ceil(found.length / rowsAPage));
    page = Math.min(page, pages - 1);
    const first = page * rowsAPage;
    rows.replaceChildren(...found.slice(first, first + rowsAPage).map((move) => rowOf(move, decimals)));
    const { opening, closing, change } = sumsOf(found);
    say('drill-count', countText(found.length));
    say('drill-from', amountText(opening, decimals));
    say('drill-to', amountText(closing, decimals));
    say('drill-change', signedText(change, decimals));
    const { words: note, isProof = false } =
      found.length === 0 ? { words: 'No movement of this kind.' } : proof(change, figure);
    say('drill-note', note);
    part('drill-note', HTMLElement).classList.toggle('good', isProof);
    say(
      'drill-page',
      found.length === 0
        ? ''
        : `${countText(first + 1)} to ${countText(Math.min(first + rowsAPage, found.length))} of ${countText(found.length)}`,
    );
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
    back.hidden = on.hidden = pages === 1;
    if (region) region.scrollTop = 0;
  };

  /** @param {number} step */
  const turn = (step) => {
    page += step;
    show();
  };
  const narrow = () => {
    page = 0;
    show();
  };

  const { movements, causes } = words();
  fillSelect(movement, movements, 'All');
  fillSelect(cause, causes, 'All');
  text.addEventListener('input', narrow);
  movement.addEventListener('change', () => {
    // Only churn has a cause.
    if (movement.value !== '' && movement.value !== 'churn') cause.value = '';
    narrow();
  });
  cause.addEventListener('change', () => {
    if (cause.value !== '') movement.value = 'churn';
    narrow();
  });
  back.addEventListener('click', () => turn(-1));
  on.addEventListener('click', () => turn(1));
  part('drill-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  // A click beside the dialog is one on its backdrop.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });

  /** @param {Figure} of @param {string} windowTitle */
  return (of, windowTitle) => {
    figure = of;
    text.value = '';
    movement.value = of.movement;
    cause.value = of.cause;
    say('drill-window', windowTitle);
    say('drill-title', of.title);
    narrow();
    dialog.showModal();
    part('drill-title', HTMLElement).focus();
  };
};

export const startDrill = () => {
  if (!hasLedger()) return;
  /** @type {ReturnType<typeof makeDrill> | null} */
  let open = null;
  /** @param {HTMLElement} of @param {string} words @param {Omit<Figure, 'window'>} figure */
  const button = (of, words, figure) => {
    const pane = of.closest('[data-window]');
    const window = pane?.getAttribute('data-window') ?? '';
    const windowTitle = pane?.querySelector('h3')?.textContent ?? '';
    const made = makeButton('drill', () => {
      open ??= makeDrill();
      open({ ...figure, window }, windowTitle);
    });
    made.setAttribute('aria-haspopup', 'dialog');
    made.title = 'Show the movements';
    if (words !== '') made.textContent = words;
    return made;
  };
  const whole = { movement: '', cause: '', dimension: -1, value: -1 };

  for (const row of all('tr[data-movement]')) {
    const { movement = '', cause = '', sum = '' } = row.dataset;
    const name = row.querySelector('.name');
    const title = name?.textContent ?? '';
    name?.replaceWith(button(row, title, { ...whole, title, movement, cause, sum }));
  }
  for (const row of all('tr[data-of]')) {
    const [dimension, value] = (row.dataset.of ?? '').split('.');
    const name = row.querySelector('.name');
    if (!name || !dimension || !value) continue;
    const title = `${row.querySelector('.of')?.textContent}: ${name.textContent}`;
    const opener = button(row, '', {
      ...whole,
      title,
      dimension: Number(dimension),
      value: Number(value),
      sum: row.dataset.change ?? '',
    });
    name.replaceWith(opener);
    opener.append(name);
  }
  for (const each of all('[data-every]'))
    each.replaceChildren(
      button(each, `Show all: ${each.textContent}`, { ...whole, title: 'All movements', sum: each.dataset.sum ?? '' }),
    );
};
