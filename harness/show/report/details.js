// What a row opens to: reason, assumptions, terms, numbers, curve.

const NAMES = {
  kl: "output KL", chain_kl: "chain KL", path_kl: "path KL", data_tv: "TV to the data", tv: "TV",
  stopping_tv: "TV of the data to the law at δ", N: "steps", h: "step size h", S: "vocabulary size S",
  d: "length d", T: "start time T", delta: "stop time δ", score_error: "score error",
  score_calls: "expected score calls a sequence", epsilon: "KL to be reached ε", entropy_fall: "fall of entropy",
};
const naming = (column) => NAMES[column] ?? column;

class Details {
  constructor(data) {
    this.data = data;
    this.sweeps = new Map(data.sweeps.map((each) => [this.name(each.experiment, each.target, each.sampler), each]));
  }

  name(...parts) {
    return JSON.stringify(parts);
  }

  /** The element of verdict `k`. */
  of(k) {
    const words = [this.assumptions(k), this.terms(k), this.numbers(k)].filter(Boolean);
    const parts = [this.about(k), make("div", {}, ...words), this.curve(k), this.rows(k)];
    return make("div", { class: "detail" }, ...parts.filter(Boolean));
  }

  word(column, k) {
    return word(this.data, column, k);
  }

  sweep(k, sampler = this.word("sampler", k)) {
    return this.sweeps.get(this.name(this.word("experiment", k), this.word("target", k), sampler));
  }

  about(k) {
    const status = this.word("status", k), question = this.data.questions[this.word("experiment", k)];
    const theorem = this.word("theorem", k), known = document.getElementById(`theorem-${theorem}`);
    const lines = [make("p", {}, make("b", {}, status), `: ${this.data.meanings[status] ?? ""}.`)];
    for (const line of this.data.differences[k] ?? [])
      lines.push(make("p", { class: "unmet" }, `Differs from the ledger: ${line}`));
    lines.push(make("p", {}, this.word("reason", k)));
    if (question) lines.push(make("p", { class: "where" }, `${this.word("experiment", k)} asks: ${question}`));
    if (known) {
      const statement = known.querySelector(".statement").textContent;
      lines.push(make("p", {}, make("a", { href: `#theorem-${theorem}` }, theorem), `: ${statement}`));
    }
    return make("div", { class: "full" }, ...lines);
  }

  /** Those of the theorem, and whether the verdict says that one is not met. */
  assumptions(k) {
    const known = this.data.assumptions[this.word("theorem", k)];
    const reason = this.word("reason", k), start = "not met: ";
    const unmet = this.word("status", k) === "NOT_APPLICABLE" && reason.startsWith(start) ? reason.slice(start.length).split("; ") : [];
    if (!known && !unmet.length) return null;
    const names = [...new Set([...unmet, ...(known ?? [])])];
    const items = names.map((name) => unmet.includes(name)
      ? make("li", { class: "unmet" }, `✗ ${name}: not met`) : make("li", {}, `✓ ${name}`));
    if (!items.length) items.push(make("li", {}, "none"));
    return make("div", {}, make("h4", {}, "Assumptions"), make("ul", {}, ...items));
  }

  terms(k) {
    const terms = this.data.terms[k];
    if (terms) {
      const title = "Terms of the bound, where this was decided";
      return make("div", {}, make("h4", {}, title), this.pairs(Object.entries(terms).map(([name, value]) => [name, shown(value, 8)])));
    }
    if (this.data.curves[this.data.verdicts.curve[k]].how !== "bound") return null;
    const told = "The ledger keeps the sum of a bound’s terms. Their values are in a run’s JSON (check --json), of which leapcheck report --run makes this page; what they stand for is in the theorem’s text.";
    return make("div", {}, make("h4", {}, "Terms"), make("p", {}, told));
  }

  numbers(k) {
    const { verdicts } = this.data, floors = this.data.floors[k] ?? {};
    const pairs = [["rung", this.word("rung", k)], ["points", this.word("points", k)]];
    for (const name of ["measured", "bound", "constant", "slope"]) {
      const floor = floors[name] ? ` ± ${shown(floors[name], 2)} by rounding` : "";
      const value = verdicts[name][k];
      pairs.push([this.label(name, k), value === null ? "" : shown(value, 8) + floor]);
    }
    const measured = verdicts.measured[k], bound = verdicts.bound[k];
    if (this.word("status", k) === "HOLDS" && measured > 0 && typeof bound === "number")
      pairs.push(["bound / measured", shown(bound / measured)]);
    const told = pairs.filter(([, value]) => value !== "");
    return told.length ? make("div", {}, make("h4", {}, "Numbers"), this.pairs(told)) : null;
  }

  /** What the ledger's columns hold depends on what was decided. */
  label(name, k) {
    const how = this.data.curves[this.data.verdicts.curve[k]].how;
    const names = {
      form: { measured: "measured at the last point", bound: "form there", constant: "largest needed constant", slope: "growth of the constant" },
      order: { bound: "order expected", measured: "measured at the last point" },
      steps: { measured: "steps measured", bound: "steps promised" },
    };
    return names[how]?.[name] ?? name;
  }

  pairs(entries) {
    return make("dl", {}, ...entries.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  points(sweep, x, y) {
    const at = sweep.columns.indexOf(x), of = sweep.columns.indexOf(y);
    return at < 0 || of < 0 ? [] : sweep.rows.map((row) => [row[at], row[of]]);
  }

  curve(k) {
    const sweep = this.sweep(k);
    if (!sweep || this.word("status", k) === "NOT_APPLICABLE") return null;
    const { x, y, against, how } = this.data.curves[this.data.verdicts.curve[k]];
    const measured = y ? this.points(sweep, x, y) : [], series = [];
    if (y) series.push({ name: `${naming(y)}, measured${how === "other" ? `: ${sweep.sampler}` : ""}`, points: measured });
    const more = this.beside(k, how, against, x, y, measured, sweep);
    if (more) series.push(more);
    const axis = x === "value" ? sweep.axis : x;
    const figure = panel(caseOf(this.data, k), series, { x: naming(axis), y: how === "steps" ? "steps N" : y ? naming(y) : "bound" });
    const told = y ? [] : [make("p", { class: "where" }, "The measured side is the noise’s own, and among no row’s columns.")];
    return make("div", {}, make("h4", {}, "Curve"), figure ?? make("p", {}, "Nothing above 0 to draw on logarithmic axes."), ...told);
  }

  /** The line that what was measured is compared with. */
  beside(k, how, against, x, y, measured, sweep) {
    if (how === "bound" || how === "steps") return { name: against, points: this.points(sweep, x, against) };
    if (how === "other") {
      const other = this.sweep(k, against);
      return other && { name: `${naming(y)}, measured: ${against}`, points: this.points(other, x, y) };
    }
    const first = measured.find(drawable);
    if (how === "order") {
      const points = first ? measured.map(([at]) => [at, first[1] * (at / first[0]) ** against]) : [];
      return { name: `order ${against}`, points };
    }
    if (how !== "form") return null;
    const forms = this.points(sweep, x, against);
    const ratios = measured.map(([, value], at) => value / forms[at]?.[1]).filter(Number.isFinite);
    const constant = Math.max(...ratios);
    if (!ratios.length || !(constant > 0)) return null;
    return { name: `${against} × ${shown(constant, 2)} (smallest constant that the data allow)`, points: forms.map(([at, value]) => [at, constant * value]) };
  }

  /** The sweep's rows, all columns. */
  rows(k) {
    const sweep = this.sweep(k);
    if (!sweep) return null;
    const used = sweep.columns.map((_, at) => at).filter((at) => sweep.rows.some((row) => row[at] !== null));
    const head = make("tr", {}, ...used.map((at) => make("th", { scope: "col" }, sweep.columns[at] === "value" ? sweep.axis : sweep.columns[at])));
    const body = sweep.rows.map((row) => make("tr", {}, ...used.map((at) => make("td", {}, typeof row[at] === "string" && sweep.columns[at] === "engine" ? row[at] : shown(row[at], 5)))));
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
    const box = make("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Rows of this sweep" }, table);
    return make("details", { class: "full" }, make("summary", {}, `All ${sweep.rows.length} rows of this sweep`), box);
  }
}
