/** The window switch: the style sheet shows what is checked; this keeps it in the address and says it aloud. */
import { choose, chosen, whenChosen } from './address.js';
import { all, make } from './elements.js';

const radios = all('input[name="window"]').filter((each) => each instanceof HTMLInputElement);
/** The window that the report leads with: the one that an address need not name. */
const usual = radios.find((radio) => radio.defaultChecked);

/** @type {(() => void)[]} */
const listeners = [];

/** The chosen window's name; empty where the report has none or only one. */
export const chosenWindow = () => radios.find((radio) => radio.checked)?.value ?? '';

/** @param {() => void} listener */
export const whenWindowChanges = (listener) => listeners.push(listener);

/** "3 months: NDR 101.1%, GRR 96.8%, Involuntary churn 0.9%" */
const spoken = () => {
  const figures = all(`.figures[data-window="${chosenWindow()}"] div`).map((each) =>
    [...each.children].map((word) => word.textContent).join(' '),
  );
  const name = radios.find((radio) => radio.checked)?.labels?.[0]?.textContent ?? '';
  return `${name}: ${figures.join(', ')}`;
};

export const startWindows = () => {
  const status = make('p', 'unseen');
  status.setAttribute('role', 'status');
  document.body.append(status);
  const apply = () => {
    const wanted = radios.find((radio) => radio.value === chosen().get('window')) ?? usual;
    if (wanted) wanted.checked = true;
    for (const listener of listeners) listener();
  };
  for (const radio of radios)
    radio.addEventListener('change', () => {
      choose('window', radio === usual ? '' : radio.value);
      status.textContent = spoken();
      for (const listener of listeners) listener();
    });
  whenChosen(apply);
  apply();
};
