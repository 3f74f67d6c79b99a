/** What is chosen on the page, kept behind the # of its address, so that a link shows another reader the same. */

/** A plain anchor such as #trend says nothing about what is chosen. */
const isState = () => location.hash.includes('=');

/** @returns {URLSearchParams} */
export const chosen = () => new URLSearchParams(isState() ? location.hash.slice(1) : '');

/** What was chosen last: an anchor that was followed since does not undo it. */
let kept = chosen();

/** Keeps one choice; an empty value is the usual and is not kept. @param {string} name @param {string} value */
export const choose = (name, value) => {
  if (value === '') kept.delete(name);
  else kept.set(name, value);
  const rest = `${kept}`;
  history.replaceState(null, '', rest === '' ? `${location.pathname}${location.search}` : `#${rest}`);
};

/** Calls back when another address of this page is opened by hand. @param {() => void} apply */
export const whenChosen = (apply) =>
  addEventListener('hashchange', () => {
    if (!isState()) return;
    kept = chosen();
    apply();
  });
