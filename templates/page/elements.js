/** The parts of the page that the script works on. A part that is missing is a fault of the template, and says so. */

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export const part = (id, kind) => {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
};

/**
 * Elements below `root` that match, as HTML elements.
 * @param {string} selector
 * @param {ParentNode} [root]
 */
export const all = (selector, root = document) =>
  [...root.querySelectorAll(selector)].filter((each) => each instanceof HTMLElement);

/**
 * A new element with a class and text; text is never markup.
 * @param {string} name
 * @param {string} [className]
 * @param {string} [text]
 */
export const make = (name, className = '', text = '') => {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.textContent = text;
  return element;
};

/** A button that does something. @param {string} className @param {() => void} act */
export const makeButton = (className, act) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = className;
  button.addEventListener('click', act);
  return button;
};
