const talk = document.querySelector("main");
const contents = document.querySelector("#contents details");
if (contents && matchMedia("(min-width: 70rem)").matches) contents.open = true;

const copyBySelection = (code) => {
  const selection = getSelection();
  selection.selectAllChildren(code);
  const done = document.execCommand("copy");
  selection.removeAllRanges();
  return done;
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  let done = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    done = copyBySelection(code);
  }
  button.textContent = done ? "Copied" : "Not copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

// ---- search. Every character is folded to one character, so that places stay the same.
const MOST = 5000;
const folded = (text) =>
  text.replace(/[^\x21-\x7f]/g, (character) => {
    if (/\s/.test(character)) return " ";
    const base = character.normalize("NFD")[0].toLowerCase();
    return base.length === 1 ? base : character;
  }).toLowerCase();

let pages = null; // of each message its text, and the nodes it is made of
const read = () => {
  if (pages) return pages;
  pages = [];
  for (const part of talk.children) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    const nodes = [], starts = [], texts = [];
    let length = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest("button, time")) continue;
      nodes.push(node);
      starts.push(length);
      texts.push(node.data);
      length += node.data.length;
    }
    pages.push({ nodes, starts, text: folded(texts.join("")) });
  }
  return pages;
};

const nodeAt = (page, place) => {
  let low = 0, high = page.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (page.starts[middle] <= place) low = middle; else high = middle - 1;
  }
  return low;
};
const rangeOf = (page, from, to) => {
  const range = new Range();
  const first = nodeAt(page, from), last = nodeAt(page, to - 1);
  range.setStart(page.nodes[first], from - page.starts[first]);
  range.setEnd(page.nodes[last], to - page.starts[last]);
  return range;
};
const matches = (words) => {
  const ranges = [];
  for (const page of read()) {
    const places = [];
    for (const word of words) {
      for (let at = page.text.indexOf(word); at >= 0; at = page.text.indexOf(word, at + word.length)) {
        places.push([at, at + word.length]);
        if (places.length + ranges.length >= MOST) break;
      }
    }
    places.sort((one, other) => one[0] - other[0]);
    for (const [from, to] of places) {
      if (ranges.length >= MOST) return ranges;
      ranges.push(rangeOf(page, from, to));
    }
  }
  return ranges;
};

const paints = typeof Highlight === "function" && CSS.highlights;
let ranges = [], now = -1;
const paint = (name, some) => {
  if (paints) CSS.highlights.set(name, new Highlight(...some));
};
const tell = () => {
  const many = ranges.length >= MOST ? `${MOST}+` : ranges.length;
  if (!find.value.trim()) found.textContent = "";
  else if (!ranges.length) found.textContent = "not found";
  else found.textContent = now < 0 ? `${many} found` : `${now + 1} of ${many}`;
  for (const id of ["previous", "next"]) document.getElementById(id).hidden = !ranges.length;
};
const go = (step) => {
  if (!ranges.length) return;
  now = now < 0 ? (step > 0 ? 0 : ranges.length - 1) : (now + step + ranges.length) % ranges.length;
  const range = ranges[now];
  const element = range.startContainer.parentElement;
  for (let outer = element.closest("details"); outer; outer = outer.parentElement.closest("details")) {
    outer.open = true;
  }
  paint("now", [range]);
  if (!paints) {
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
  element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  const place = range.getBoundingClientRect(); // a paragraph may be longer than the window
  if (place.top < 80 || place.bottom > innerHeight - 20) {
    scrollBy({ top: place.top - innerHeight / 2, behavior: "instant" });
  }
  tell();
};
const search = (step) => {
  const query = folded(find.value.trim()).replace(/ +/g, " ");
  ranges = query ? matches([query]) : [];
  if (!ranges.length && query.includes(" ")) ranges = matches(query.split(" "));
  now = -1;
  paint("match", ranges);
  paint("now", []);
  tell();
  if (step) go(step);
};

let waiting = 0, last = "";
find.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { last = find.value; search(0); }, 150);
});
find.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    clearTimeout(waiting);
    if (last !== find.value) { last = find.value; search(0); }
    go(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape") {
    clearTimeout(waiting);
    find.value = last = "";
    search(0);
  }
});
document.getElementById("next").addEventListener("click", () => go(1));
document.getElementById("previous").addEventListener("click", () => go(-1));
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea")) return;
  event.preventDefault();
  find.focus();
  find.select();
});

// An archive's index leads here with the words that were sought.
const sought = /^#q=(.+)$/.exec(location.hash);
if (sought) {
  try {
    find.value = last = decodeURIComponent(sought[1]);
    search(1);
  } catch { /* no text */ }
}
