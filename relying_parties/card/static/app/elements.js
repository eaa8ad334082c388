// Building page elements; text is always set as text.

const SVG = 'http://www.w3.org/2000/svg';

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === 'onclick') node.addEventListener('click', value);
    else if (name === 'onsubmit') node.addEventListener('submit', value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

// Replace the page's content and move the focus there, so that a screen reader reads on.
export function replaceMain(...children) {
  const main = document.getElementById('main');
  main.replaceChildren(...children);
  if (document.activeElement && document.activeElement !== document.body) return;
  main.focus({ preventScroll: true });
}
