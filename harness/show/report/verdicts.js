// The list of verdicts: what the filters let through, a hundred at a time.

const PAGE = 100;
const FILTERS = ["sampler", "theorem", "target", "experiment"];
const HIDDEN_FIRST = "NOT_APPLICABLE";
const collator = new Intl.Collator("en", { numeric: true });

/** The entry of a verdict in a column, as text. */
const word = (data, column, k) => data.names[column][data.verdicts[column][k]];

/** `experiment: target with sampler`. */
const caseOf = (data, k) => `${word(data, "target", k)} with ${word(data, "sampler", k)}`;

class Verdicts {
  constructor(data, detail) {
    Object.assign(this, { data, detail, found: [], drawn: 0 });
    this.form = document.getElementById("filters");
    this.list = document.getElementById("list");
    this.more = document.getElementById("more");
    this.count = data.verdicts.status.length;
    this.haystacks = Array.from({ length: this.count }, (_, k) =>
      Object.keys(data.names).map((column) => word(data, column, k)).join("\n").toLowerCase());
    this.fill();
    this.listen();
  }

  /** Options of the filters, and a box for each verdict that occurs. */
  fill() {
    for (const column of FILTERS) {
      const names = [...this.data.names[column]].sort(collator.compare);
      this.form.elements[column].append(make("option", { value: "" }, "all"),
        ...names.map((name) => make("option", { value: name }, name)));
    }
    const counts = new Map();
    for (const k of this.data.verdicts.status) counts.set(k, (counts.get(k) ?? 0) + 1);
    for (const status of Object.keys(this.data.meanings)) {
      const number = counts.get(this.data.names.status.indexOf(status));
      if (!number) continue;
      const box = make("input", { type: "checkbox", name: "status", value: status });
      box.defaultChecked = status !== HIDDEN_FIRST;
      const label = make("label", { title: this.data.meanings[status] }, box,
        make("span", { class: status }, status), ` ${number.toLocaleString("en")}`);
      document.getElementById("statuses").append(label);
    }
    this.form.hidden = false;
  }

  listen() {
    this.form.addEventListener("input", () => this.filter());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", () => setTimeout(() => this.filter()));
    this.more.addEventListener("click", () => this.draw());
    this.list.addEventListener("toggle", (event) => this.opened(event.target), true);
    this.list.addEventListener("keydown", (event) => this.step(event));
    window.addEventListener("hashchange", () => this.follow());
  }

  boxes() {
    return [...this.form.querySelectorAll("input[name=status]")];
  }

  /** Set the filters as the page's address says: `#verdicts?theorem=...&status=...`. */
  follow() {
    const [place, query] = location.hash.split("?");
    if (place !== "#verdicts" || query === undefined) return;
    const wanted = new URLSearchParams(query), statuses = wanted.getAll("status");
    for (const column of [...FILTERS, "text"]) this.form.elements[column].value = wanted.get(column) ?? "";
    for (const box of this.boxes()) {
      const every = wanted.size - (wanted.has("open") ? 1 : 0) > 1; // one sweep is asked for
      box.checked = statuses.length ? statuses.includes(box.value) : every || box.defaultChecked;
    }
    this.filter(false);
    if (wanted.has("open")) this.list.querySelector("details")?.setAttribute("open", "");
    document.getElementById("verdicts").scrollIntoView();
  }

  /** Find what the filters let through, and show the first of it. */
  filter(tell = true) {
    const { names, verdicts } = this.data;
    const chosen = FILTERS.map((column) => [verdicts[column], this.form.elements[column].value, column])
      .filter(([, value]) => value).map(([places, value, column]) => [places, names[column].indexOf(value)]);
    const statuses = new Set(this.boxes().filter((box) => box.checked).map((box) => names.status.indexOf(box.value)));
    const words = this.form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = [];
    for (let k = 0; k < this.count; k++) {
      if (!statuses.has(verdicts.status[k]) || !chosen.every(([places, at]) => places[k] === at)) continue;
      if (words.every((each) => this.haystacks[k].includes(each))) this.found.push(k);
    }
    this.list.replaceChildren(this.titles());
    this.drawn = 0;
    this.draw();
    if (tell) this.remember(words);
  }

  /** The filters as an address, so that a view can be sent to somebody. */
  remember(words) {
    const query = new URLSearchParams();
    for (const column of FILTERS)
      if (this.form.elements[column].value) query.set(column, this.form.elements[column].value);
    if (words.length) query.set("text", words.join(" "));
    if (this.boxes().some((box) => box.checked !== box.defaultChecked))
      for (const box of this.boxes()) if (box.checked) query.append("status", box.value);
    history.replaceState(null, "", `#verdicts${query.size ? `?${query}` : ""}`);
  }

  titles() {
    const titles = ["verdict", "theorem", "where", "why"].map((title) => make("span", {}, title));
    return make("div", { class: "titles", "aria-hidden": "true" }, ...titles);
  }

  /** The next hundred. */
  draw() {
    const next = this.found.slice(this.drawn, this.drawn + PAGE);
    this.list.append(...next.map((k) => this.row(k)));
    this.drawn += next.length;
    const left = this.found.length - this.drawn, told = (n) => n.toLocaleString("en");
    this.more.hidden = !left;
    this.more.textContent = `Show ${told(Math.min(PAGE, left))} more of ${told(left)}`;
    const matching = `${told(this.found.length)} of ${told(this.count)} verdicts match`;
    document.getElementById("shown").textContent = left ? `${matching}; the first ${told(this.drawn)} are shown` : matching;
  }

  row(k) {
    const status = word(this.data, "status", k), differs = k in this.data.differences;
    const badges = [make("span", { class: `badge ${status}` }, status)];
    if (differs) badges.push(" ", make("span", { class: "badge DIFFERS" }, "DIFFERS"));
    const trust = word(this.data, "trust", k);
    const summary = make("summary", {}, make("span", {}, ...badges),
      make("span", {}, word(this.data, "theorem", k), trust ? ` [${trust}]` : ""),
      make("span", {}, caseOf(this.data, k), make("small", {}, `${word(this.data, "experiment", k)}, along ${word(this.data, "axis", k)}`)),
      make("span", { class: "reason" }, word(this.data, "reason", k)));
    const details = make("details", { class: "verdict", "data-place": k }, summary);
    return details;
  }

  /** Fill a row the first time that it is opened. */
  opened(row) {
    if (row.open && row.matches(".verdict") && row.childElementCount === 1)
      row.append(this.detail(Number(row.dataset.place)));
  }

  /** Up and down go from row to row, Home and End to the first and last, Escape closes. */
  step(event) {
    const row = event.target.closest("summary")?.parentElement;
    if (!row?.matches(".verdict") || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = this.list.querySelectorAll(".verdict");
    const places = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: rows[0], End: rows[rows.length - 1] };
    if (event.key === "Escape") row.open = false;
    else if (!(event.key in places)) return;
    else if (!places[event.key]?.matches(".verdict")) {
      if (event.key !== "ArrowDown" || this.more.hidden) return;
      this.draw();
      row.nextElementSibling.firstElementChild.focus();
    } else places[event.key].firstElementChild.focus();
    event.preventDefault();
  }
}
