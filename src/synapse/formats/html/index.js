// The words of all conversations lie beside this page in files, each of which holds those with the
// same beginnings. They are loaded when such a word is sought, as scripts: nothing else can be
// loaded by a page from a disk.
const SHARDS = Number(document.querySelector("main").dataset.shards);
const LONGEST = 24;
const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]/u;
const rows = new Map();
for (const row of document.querySelectorAll("section li")) {
  const link = row.querySelector("a");
  rows.set(Number(row.id.slice(1)), { row, link, address: link.getAttribute("href") });
}
const sections = [...document.querySelectorAll("section")];

const folded = (text) =>
  text.normalize("NFKD").toLowerCase().replace(/\p{Mn}/gu, "").replaceAll("ς", "σ");
const termsOf = (text) => {
  const terms = [];
  for (const [run] of folded(text).matchAll(/[\p{L}\p{N}_]+/gu)) {
    let spaced = "", unspaced = [];
    const end = () => {
      if (spaced) terms.push([...spaced].slice(0, LONGEST).join(""));
      for (let at = 0; at < Math.max(1, unspaced.length - 1) && unspaced.length; at++) {
        terms.push(unspaced.slice(at, at + 2).join(""));
      }
      spaced = "";
      unspaced = [];
    };
    for (const character of run) {
      const whole = UNSPACED.test(character);
      if (whole ? spaced : unspaced.length) end();
      if (whole) unspaced.push(character); else spaced += character;
    }
    end();
  }
  return terms;
};
const shardOf = (term) => {
  const characters = [...term];
  const key = characters.slice(0, UNSPACED.test(characters[0]) ? 1 : 2).join("");
  let sum = 0;
  for (let at = 0; at < key.length; at++) sum = (sum * 31 + key.charCodeAt(at)) & 0x7fffffff;
  return sum % SHARDS;
};

const loaded = new Map(), receivers = new Map();
window.synapseWords = (number, words) => receivers.get(number)(words);
const load = (number) => {
  if (!loaded.has(number)) {
    loaded.set(number, new Promise((done, failed) => {
      receivers.set(number, done);
      const script = document.createElement("script");
      script.src = `search/${number}.js`;
      script.onerror = () => { loaded.delete(number); failed(new Error(script.src)); };
      document.head.append(script);
    }));
  }
  return loaded.get(number);
};
// The conversations that hold a word which begins so; a word of one character is meant whole.
const having = async (term) => {
  const words = await load(shardOf(term));
  const whole = [...term].length === 1 && !UNSPACED.test(term);
  const numbers = new Set();
  for (let at = 0; at < words.length; at += 2) {
    if (whole ? words[at] !== term : !words[at].startsWith(term)) continue;
    let number = 0;
    for (const step of words[at + 1]) numbers.add(number += step);
  }
  return numbers;
};

const show = (query, fits) => {
  const suffix = query ? `#q=${encodeURIComponent(query)}` : "";
  let count = 0;
  for (const [number, { row, link, address }] of rows) {
    row.hidden = fits !== null && !fits.has(number);
    if (!row.hidden) {
      count++;
      link.setAttribute("href", address + suffix);
    }
  }
  for (const section of sections) section.hidden = !section.querySelector("li:not([hidden])");
  found.textContent = fits === null ? "" : count ? `${count} found` : "not found";
};
let searches = 0;
const search = async () => {
  const mine = ++searches, query = find.value.trim();
  const terms = termsOf(query);
  try {
    let fits = null;
    for (const numbers of await Promise.all(terms.map(having))) {
      fits = fits === null ? numbers : new Set([...fits].filter((number) => numbers.has(number)));
    }
    if (mine === searches) show(terms.length ? query : "", fits);
  } catch {
    if (mine === searches) found.textContent = "The folder “search” beside this page is missing.";
  }
};
let waiting = 0;
find.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, 120);
});
find.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { find.value = ""; search(); }
  if (event.key === "Enter") { clearTimeout(waiting); search(); }
});
window.addEventListener("pageshow", () => { if (find.value) search(); });
