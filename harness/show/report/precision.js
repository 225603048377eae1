// Work and precision: output KL against score calls, of one experiment at a time.

const EXACT = 1e-18; // a KL below this is rounding

class Precision {
  constructor(data) {
    this.data = data;
    this.choice = document.getElementById("study");
    const names = this.experiments();
    this.choice.append(...names.map((name) => make("option", { value: name }, name)));
    this.choice.addEventListener("change", () => this.show());
    this.choice.form.hidden = names.length < 2;
    this.choice.form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Those along steps, the ones that compare samplers first. */
  experiments() {
    const compared = new Set(this.data.names.theorem.flatMap((name, at) => name.includes(this.data.below) ? [at] : []));
    const comparing = new Set();
    this.data.verdicts.theorem.forEach((at, k) => {
      if (compared.has(at)) comparing.add(word(this.data, "experiment", k));
    });
    const found = this.data.sweeps.filter((each) => each.axis === "step" && each.columns.includes("score_calls") && each.columns.includes("kl"));
    const names = [...new Set(found.map((each) => each.experiment))];
    const size = (name) => found.filter((each) => each.experiment === name).length;
    return names.sort((a, b) => comparing.has(b) - comparing.has(a) || size(b) - size(a) || collator.compare(a, b));
  }

  show() {
    const name = this.choice.value, sweeps = this.data.sweeps.filter((each) => each.experiment === name);
    const samplers = [...new Set(sweeps.map((each) => each.sampler))];
    const targets = [...new Set(sweeps.map((each) => each.target))];
    document.getElementById("question").textContent = name ? this.data.questions[name] ?? "" : "No experiment along steps is shown here.";
    const panels = targets.map((target) => this.panel(target, sweeps.filter((each) => each.target === target), samplers));
    document.getElementById("panels").replaceChildren(...panels);
  }

  column(sweep, name) {
    const at = sweep.columns.indexOf(name);
    return sweep.rows.map((row) => (at < 0 ? null : row[at]));
  }

  panel(target, sweeps, samplers) {
    const ends = new Set(sweeps.flatMap((each) => this.column(each, "delta")));
    const series = sweeps.map((each) => this.series(each, samplers.indexOf(each.sampler), ends.size > 1));
    const drawn = series.filter((each) => !each.exact);
    const names = { x: NAMES.score_calls, y: "output KL, nats" };
    const figure = panel(target, drawn, names) ?? make("figure", {}, make("figcaption", {}, target));
    const exact = series.filter((each) => each.exact);
    for (const each of exact)
      figure.append(make("p", { class: "where" }, `${each.name}: exact to rounding, ${shown(Math.max(...each.points.map(([x]) => x)))} calls`));
    figure.append(this.table(series));
    return figure;
  }

  series(sweep, k, several) {
    const calls = this.column(sweep, "score_calls"), kls = this.column(sweep, "kl");
    const points = calls.map((x, at) => [x, kls[at]]).filter(([x, y]) => x !== null && y !== null);
    const ends = [...new Set(this.column(sweep, "delta"))].map((each) => shown(each)).join(", ");
    const name = several ? `${sweep.sampler} (δ = ${ends})` : sweep.sampler;
    const exact = points.length > 0 && points.every(([, y]) => typeof y === "number" && y <= EXACT);
    return { name, points, k, exact };
  }

  /** The same numbers, for who would rather read them. */
  table(series) {
    const rows = series.flatMap((each) => each.points.map(([x, y]) =>
      make("tr", {}, ...[each.name, shown(x), shown(y)].map((cell) => make("td", {}, cell)))));
    const head = make("tr", {}, ...["sampler", "score calls", "output KL"].map((title) => make("th", { scope: "col" }, title)));
    const box = make("div", { class: "table" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    return make("details", {}, make("summary", {}, "Numbers"), box);
  }
}
