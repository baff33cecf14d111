const root = document.documentElement;
const find = document.getElementById("find");
const found = document.getElementById("found");
root.classList.add("js");

// Storage may be forbidden, and is for pages from a disk in some browsers.
const remembered = {
  get: () => { try { return localStorage.getItem("synapse-theme"); } catch { return null; } },
  set: (theme) => { try { localStorage.setItem("synapse-theme", theme); } catch { /* so be it */ } },
};
const theme = remembered.get();
if (theme === "dark" || theme === "light") root.dataset.theme = theme;
document.getElementById("theme").addEventListener("click", () => {
  const now = root.dataset.theme ||
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  remembered.set(root.dataset.theme);
});

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  time.title = time.textContent;
  time.textContent = local.format(moment);
}

