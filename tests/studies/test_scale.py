"""Large S and d: laws whose tails underflow, classes, pairs in closed form, sweeps and figures."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy.special import gammaln

from bounds import Liang2025, Zhang2024FullSupport
from harness import Problem, check, check_sweep, grids, measure
from harness.bench import reach
from harness.noise import Uniform
from harness.numerics import convolution
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.show import figures, figures_of_scale
from harness.studies import experiment, judge, runner
from harness.theorem import Rate
from harness.verdicts.checks import all_theorems, unmet
from harness.verdicts.verdict import Status
from toy_targets import CurieWeiss, MarkovChain, Pairs, ProductMixture, TwoBeliefs


@pytest.mark.parametrize(("values", "total"), [(2, 3), (2, 40), (3, 18), (4, 9)])
def test_tokens_that_surely_move_are_moved(values, total):
    """A kernel of zeros and ones: here 0/0 or 0 * inf would make the whole law nan."""
    law = np.random.default_rng(0).dirichlet(np.ones(convolution.compositions.size(values, total)))
    turned = law
    for _ in range(values):  # as many turns as there are values lead back
        turned = convolution.push(turned, np.roll(np.eye(values), 1, axis=1), total)
    np.testing.assert_allclose(turned, law, rtol=1e-13)
    np.testing.assert_allclose(convolution.push(law, np.eye(values), total), law, rtol=1e-13)


def test_a_law_whose_middle_underflows():
    """Half of the bits wrong has probability 1e-343 here: one step, against decimal arithmetic."""
    d, t, s = 120, 2e-6, 1e-6
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(
        target, Uniform(), TauLeaping(), grids.custom((t, s)), start="exact", engine="counts"
    )
    assert problem.marginal(s).min() == 0  # what this test is about
    with localcontext() as context:
        context.prec = 40
        before, wanted = _repeated_bit(d, t), _repeated_bit(d, s)
        found = [Decimal(0)] * (d + 1)
        for ones in range(d + 1):
            falls = _jump(before, ones, -1, t - s)
            rises = _jump(before, ones, +1, t - s)
            kept, gained = _binomial(ones, 1 - falls), _binomial(d - ones, rises)
            chance = before[ones] * math.comb(d, ones)
            for a, left in enumerate(kept):
                for b, right in enumerate(gained):
                    found[a + b] += chance * left * right
        exact = Decimal(0)
        for ones, law in enumerate(wanted):
            q = law * math.comb(d, ones)
            exact += q * (q / found[ones]).ln()
    m = measure(problem)
    # Two laws that differ by 1e-4 at most are good to about 1e-11 of their KL.
    assert m.kl == pytest.approx(float(exact), rel=1e-9)
    assert math.isfinite(m.chain_kl)
    assert m.chain_kl >= m.kl
    assert math.isfinite(m.reverse_kl)


def test_a_start_law_whose_tails_underflow():
    """Two thousand bits: ``2^-2000`` is no float64, the KL to it is one."""
    d, t = 2000, 2.0
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(target, Uniform(), Tweedie(), grids.even(t, 1.0, 1))
    assert problem.noise_law.min() == 0
    n = np.arange(d + 1)
    wrong = -np.expm1(-t) / 2
    one = np.logaddexp(
        n * np.log(wrong) + (d - n) * np.log1p(-wrong),
        (d - n) * np.log(wrong) + n * np.log1p(-wrong),
    ) - np.log(2)
    ways = gammaln(d + 1) - gammaln(n + 1) - gammaln(d - n + 1)
    start = d * np.log(2) + (np.exp(one + ways) * one).sum()
    quantities = Quantities(problem)
    assert quantities.start_kl == pytest.approx(start, rel=1e-9)
    assert quantities.data_stationary_kl == pytest.approx((d - 1) * np.log(2), rel=1e-12)
    m = quantities.measurement
    assert m.start_kl == quantities.start_kl
    assert start < m.chain_kl < m.idle_kl < np.inf
    assert not [v for v in check(problem) if v.status is Status.VIOLATED]


def test_doing_nothing_from_an_exact_start_whose_tails_are_subnormal():
    """Three hundred bits: the data's middle is below 1e-308, and p/q would overflow there."""
    d, begin, stop = 300, 6.0, 0.001
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(target, Uniform(), Tweedie(), grids.even(begin, stop, 1), start="exact")
    n = np.arange(d + 1)
    logs = []
    for t in (stop, begin):
        wrong = -np.expm1(-t) / 2
        up, down = n * np.log(wrong), n * np.log1p(-wrong)
        logs.append(np.logaddexp(up + down[::-1], up[::-1] + down) - np.log(2))
    ways = gammaln(d + 1) - gammaln(n + 1) - gammaln(d - n + 1)
    idle = (np.exp(logs[0] + ways) * (logs[0] - logs[1])).sum()
    assert measure(problem, output_only=True).idle_kl == pytest.approx(idle, rel=1e-9)


def test_an_output_law_whose_tails_underflow_decides_nothing():
    """One long step: what float64 does not hold of the output is no infinite KL, nor none."""
    target, grid = TwoBeliefs((0.9, 0.1), (0.001, 0.999), 1000), grids.even(8.0, 0.05, 1)
    problem = Problem(target, Uniform(), Tweedie(), grid, start="exact")
    m = measure(problem)
    assert math.isnan(m.kl)
    assert "does not hold" in m.reasons["kl"]
    assert math.isfinite(m.chain_kl)
    assert math.isfinite(m.idle_kl)
    verdicts = {v.theorem: v.status for v in check(problem)}
    assert Status.VIOLATED not in verdicts.values()
    assert verdicts["chain"] is Status.INCONCLUSIVE
    # Idle KL between its values at 1,000 and 2,000 tokens; a bound above it is vacuous.
    beliefs = TwoBeliefs((0.9, 0.1), (0.1, 0.9), 1200)
    for start in ("noise", "exact"):
        far = Problem(beliefs, Uniform(), Tweedie(), grids.even(4.0, 0.1, 2), start=start)
        assert 281 < measure(far, output_only=True).idle_kl < 583


def _repeated_bit(d: int, t: float) -> list[Decimal]:
    """Probability of one sequence with so many ones."""
    wrong = (1 - (-Decimal(t)).exp()) / 2
    return [
        (wrong**n * (1 - wrong) ** (d - n) + wrong ** (d - n) * (1 - wrong) ** n) / 2
        for n in range(d + 1)
    ]


def _jump(law: list[Decimal], ones: int, change: int, h: float) -> Decimal:
    """One-jump τ-leaping's probability that one of the bits that can change does."""
    if not 0 <= ones + change < len(law):
        return Decimal(0)
    return 1 - (-law[ones + change] / law[ones] / 2 * Decimal(h)).exp()


def _binomial(m: int, p: Decimal) -> list[Decimal]:
    if m == 0:  # where p may be 0 or 1, and decimal has no 0^0
        return [Decimal(1)]
    return [math.comb(m, k) * p**k * (1 - p) ** (m - k) for k in range(m + 1)]


@pytest.mark.parametrize("length", [280, 430, 1000])
def test_full_support_is_not_lost_by_underflow(length):
    """Half of the bits each has probability 1e-196, 1e-301 or 1e-701: all are positive."""
    target = TwoBeliefs((0.99, 0.01), (0.01, 0.99), length)
    grid = grids.geometric(2.0, 0.1, kappa=0.5)
    problem = Problem(target, Uniform(), FrozenScore(), grid, engine="counts")
    theorem = Zhang2024FullSupport()
    missing = [] if length == 280 else ["no probability below 1e-290"]
    assert unmet(theorem, problem) == missing
    if not missing:
        assert 0 < theorem.form(problem, Quantities(problem)) < math.inf


def test_nothing_flows_to_the_own_class():
    """A rounding error there would make the path KL of a sampler without such a rate infinite."""
    target = MarkovChain(
        ((1, 0, 0), (0, 1, 0), (0, 0, 1)), 3, (0.5, 0.5, 0), class_sizes=(1, 1, 4095)
    )
    grid = grids.geometric(6.0, 0.05, kappa=0.5)
    problem = Problem(target, Uniform(), FrozenScore(), grid, start="exact")
    flow = np.concatenate([np.asarray(f) for _, f in problem.reverse_flow(problem.start_law)])
    own = np.asarray(problem.sequences.states())[..., None] == np.arange(3)
    assert not flow[own].any()
    assert (flow[~own] > 0).all()
    m = measure(problem)
    assert m.kl <= m.path_kl < 1


# Two equal tokens have a law of two states, "equal" and "different", at any S.


def pair_chain_kl(tokens: int, grid: grids.Grid) -> float:
    """Chain KL of Tweedie from ``q_T``: the sum of ``E TC(X_s|X_t)``, all in closed form."""

    def entropy(kept: float) -> float:
        equal = kept + (1 - kept) / tokens  # both tokens are the clean one with probability kept
        parts = (equal, tokens), (1 - equal, tokens * (tokens - 1))
        return sum(-p * math.log(p / states) for p, states in parts)

    def step(t: float, s: float) -> float:
        now = entropy(math.exp(-2 * t))
        return 2 * (entropy(math.exp(-t - s)) - now) - (entropy(math.exp(-2 * s)) - now)

    return math.fsum(step(t, s) for t, s in grid.intervals())


def test_a_pair_grows_like_log_s():
    grid = grids.geometric(6.0, 0.05, kappa=0.2)
    for tokens in (2, 3, 7, 16):
        m = measure(Problem(Pairs(tokens), Uniform(), Tweedie(), grid, start="exact"))
        assert m.chain_kl == pytest.approx(pair_chain_kl(tokens, grid), rel=1e-11)
    shares = [
        pair_chain_kl(tokens, grid) / (grid.kappa * math.log(tokens))
        for tokens in (16, 256, 4096, 50_257)
    ]
    assert max(shares) / min(shares) < 1.2  # log S, where S itself grew by 3,000


# Sweeps.

MAGNET = """
question = "Does it work?"
axis = "coupling"
put = "target.coupling"
values = [0.5, 1.0, 1.5]
problem = { start = "exact", grid = { name = "geometric", start = 2.0, stop = 0.2, kappa = 0.4 } }
targets = [
    { label = "short", name = "curie_weiss", length = 3 },
    { label = "long", name = "curie_weiss", length = 5 },
]
samplers = [{ name = "tau_leaping" }, { name = "frozen_score" }]
"""
CLASSES = """
question = "Does it work?"
axis = "S"
put = "target.class_sizes.1"
values = [1, 3, 7, 15]
problem = { start = "exact", grid = { name = "geometric", start = 2.0, stop = 0.2, kappa = 0.4 } }
targets = [{ label = "pair", name = "pairs", class_sizes = [2, 0] }]
samplers = [{ name = "tau_leaping" }]
"""


@pytest.fixture
def read(tmp_path):
    """An experiment from its text."""

    def read(text: str, name: str = "mine") -> experiment.Experiment:
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return experiment.read(path)

    return read


def test_a_swept_class(read):
    (sweep,) = experiment.sweeps(read(CLASSES))
    assert [p.target.class_sizes for p in sweep.problems] == [(2, 1), (2, 3), (2, 7), (2, 15)]
    rows, _ = judge.judge(sweep, lambda: None)
    assert [row["S"] for row in rows] == [3, 5, 9, 17]


@pytest.mark.parametrize(
    ("put", "message"),
    [
        ("target.class_sizes.2", "must end in the place of one of 2 entries"),
        ("target.class_sizes.-1", "must end in the place of one of 2 entries"),
        ("target.class_sizes.x", "must end in the place of one of 2 entries"),
        ("target.pairs.0", "needs a list target.pairs, got None"),
        ("target.class_size", "no field of target 'pairs' named 'class_size'; did you mean"),
    ],
)
def test_no_such_place(read, put, message):
    with pytest.raises(ValueError, match=message):
        experiment.sweeps(read(CLASSES.replace("target.class_sizes.1", put)))


def test_no_order_along_a_neutral_axis(read):
    with pytest.raises(ValueError, match="along coupling there is no order to expect"):
        read(MAGNET + '[[expect]]\nquantity = "kl"\norder = 1\n')


def test_a_neutral_axis_decides_inequalities_but_no_rate():
    grid = grids.geometric(2.0, 0.2, kappa=0.4)
    problems = [
        Problem(CurieWeiss(4, coupling), Uniform(), Tweedie(), grid) for coupling in (0.5, 1.0, 1.5)
    ]
    theorems, missing = all_theorems(), []
    for theorem, verdict in zip(theorems, check_sweep(problems, "coupling"), strict=True):
        if verdict.status is Status.NOT_APPLICABLE:
            missing.append(theorem.name)
        elif not isinstance(theorem, Rate):
            assert verdict.status in (Status.HOLDS, Status.VACUOUS), verdict
        else:
            assert verdict.status is Status.INCONCLUSIVE
            assert "coupling decides no rate" in verdict.reason
            alone = [theorem.form(p, Quantities(p)) for p in problems]
            assert verdict.bound == pytest.approx(alone[-1])  # the needed constant grows here
    about = {"chain", "dmitriev_2026b", "explicit_dtc", "liang_2025", "total_correlation"}
    assert about.isdisjoint(missing)


def test_an_infinite_constant_is_inconsistent_on_any_axis():
    """Clipped Euler gives a possible value probability 0: no constant will do."""

    class OfChain(Liang2025):
        bounds_on = "chain"

    target = MarkovChain.binary(8, 0.0)
    problem = Problem(target, Uniform(), Euler(), grids.custom((1.0, 0.01)))
    assert math.isinf(measure(problem).chain_kl)
    (verdict,) = check_sweep([problem], "coupling", theorems=[OfChain()])
    assert verdict.status is Status.INCONSISTENT


def test_figures_of_scale(read, tmp_path):
    magnet, classes = read(MAGNET, "magnet"), read(CLASSES, "classes")
    kept = []
    outcome = runner.run([magnet, classes], keep=lambda name, _: kept.append(name))
    assert kept == [magnet.name, classes.name]
    runner.save(outcome, tmp_path, ["magnet", "classes"], update_ledger=True)
    names = {path.name for path in figures.draw_all(tmp_path, tmp_path / "figures")}
    assert {"magnet.png", "growth.png", "classes-pair.png", "constants-S.png"} <= names
    tables = [figures._table(tmp_path / name / "rows.csv") for name in ("magnet", "classes")]
    figure = figures_of_scale.coupling_figure(tables[0], "magnet")
    leaping, frozen = figure.axes
    assert [panel.get_xscale() for panel in figure.axes] == ["linear", "linear"]
    shown = frozen.get_legend_handles_labels()[1]
    assert set(shown) == {f"{kl} KL, {d}" for kl in ("output", "chain") for d in ("long", "short")}
    assert len(leaping.lines) == 4
    panels = figures_of_scale.growth_panels(tables)
    assert list(panels) == ["S"]
    (panel,) = figures_of_scale.growth_figure(panels).axes
    kl, liang, dmitriev = (np.asarray(line.get_ydata()) for line in panel.lines)
    assert [kl[0], liang[0], dmitriev[0]] == pytest.approx([1, 1, 1])
    assert liang[-1] == pytest.approx(17 / 3)  # the grid is the same: only S is left
    assert dmitriev[-1] == pytest.approx(math.log(17 / 0.4) / math.log(3 / 0.4), rel=0.05)


def test_rows_of_the_long_bench():
    """Each kind on a small space, and what its row says."""
    for kind, tokens, length in (("chain", 2, 6), ("main", 3, 3), ("counts", 2, 9)):
        found = reach.once(kind, tokens, length, "euler")
        assert found["found"] > 0
        assert found["cpu"] > 0
        assert found["memory"] > 1e8
    free, kept, slow, large = (
        reach.Row(goal, 30.0, 50.0, 2.0 * reach.GIB)
        for goal in (
            reach.Goal("chain", 2, 6),
            reach.Goal("chain", 2, 6, most=60.0, memory=4 * reach.GIB),
            reach.Goal("chain", 2, 6, most=20.0),
            reach.Goal("chain", 2, 6, memory=reach.GIB),
        )
    )
    assert str(free) == "chain at S=2, d=6, tau_leaping: 30 s (50 s of CPU), 2.00 GiB"
    assert str(kept).endswith(", wanted at most 60, 4 GiB")
    assert str(slow).endswith(", MISSED 20")
    assert str(large).endswith(", MISSED 1 GiB")
    assert [row.missed for row in (free, kept, slow, large)] == [False, False, True, True]
