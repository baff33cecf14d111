"""Scripts that look a page over in the browser, each an expression that is a list of faults."""

from __future__ import annotations

FOREIGN_MARKUP = r"""
(() => {
  const wrong = [];
  const addresses = new RegExp([
    "^https?://", "^mailto:", "^#", "^data:,$", "^data:application/octet-stream;base64,",
    "^\\.\\./index\\.html$", "^sessions/",
  ].join("|"));
  const images = /^data:image\/(png|jpeg|gif|webp);base64,/;
  const names = new Set();
  for (const element of document.querySelectorAll("*")) {
    names.add(element.localName);
    for (const { name, value } of element.attributes) {
      if (/^on|^style$|srcdoc|action/i.test(name)) wrong.push(element.outerHTML.slice(0, 200));
      if (name === "href" && !addresses.test(value)) wrong.push(value);
      if (name === "src" && !images.test(value)) wrong.push(value);
    }
  }
  const never = "iframe object embed form svg math base video audio template textarea select";
  for (const name of never.split(" ")) if (names.has(name)) wrong.push(name);
  for (const name of ["script", "style", "title", "main", "body"]) {
    if (document.querySelectorAll(name).length !== 1) wrong.push(name);
  }
  return wrong;
})()
"""
"""What in a page can't have come from the program."""

LOW_CONTRASTS = r"""
(() => {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((part) => part / 255).map((part) =>
      part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const wrong = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(ground(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) wrong.push([contrast.toFixed(2), element.outerHTML.slice(0, 120)]);
  }
  return wrong;
})()
"""
"""Elements whose text can't be told well from what is behind it: a contrast below 4.5."""
