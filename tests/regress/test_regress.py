"""Built-in and outside samplers and theorems through the regression suite, and its own errors."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from helpers import generic_samplers
from helpers.slow_cases import cases
from outside.geometric_dtc import GeometricDTC, ReadOffOneRun, SecondOrder
from outside.implicit_euler import ImplicitEuler
from outside.wrong_way import WrongWay

from bounds import Chain
from harness.claims import Claims, Trait
from harness.foundation import registry
from harness.regress import checks_of, construct, regress, resolve, run
from harness.regress.check_outcome import Found
from harness.samplers import TauLeaping, Tweedie
from harness.verdicts.verdict import Status

registry.load()
VANISHES = "KL goes to 0 with the step"
GENERIC = sorted({sampler.name for sampler in generic_samplers.SAMPLERS})
SELDOM = {"euler", "frozen_score", "tau_leaping", "tweedie", "masked_plug_in"}  # 15 to 35 s each
SELDOM_OF_THEOREMS = {  # 7 to 60 s each
    *("chain", "chen_ying_2024", "dmitriev_2026a", "dndm", "early_stopping_output"),
    *("explicit_dtc", "explicit_dtc_masked", "first_hitting", "li_cai_2025", "ren_2025"),
    *("wainwright_2026", "wainwright_2026_odds", "riemann_masked"),
    *("huang_2026", "exact_time", "dependence_plus_estimation", "chen_cong_li_2026", "wen_2026"),
    *("dmitriev_2026a_geometric", "dmitriev_2026a_masked", "explicit_path_identity"),
}
OUTPUT, CHAIN = "output order at least as claimed", "chain order at least as claimed"


def failed(checks):
    return [str(check) for check in checks if check.passed is False]


def settled(check):
    """Passed, or not applicable; along δ, the slowest axis, a rate may still be drifting."""
    open_ = check.name.endswith("along delta") and check.passed is None
    return check.passed or open_ or check.number.startswith("not met: ")


@pytest.mark.parametrize("name", cases([*GENERIC, "masked_plug_in"], SELDOM.__contains__))
def test_built_in_samplers_pass(name):
    checks = regress(name)
    assert not failed(checks)
    names = [check.name for check in checks]
    assert names[:2] == ["keeps the contract", "accounts for all probability"]
    assert len(set(names)) == len(names)
    for theorem in registry.theorems:  # what does not apply is listed, with the reason
        lines = [c for c in checks if c.name.startswith(f"theorem {theorem}")]
        assert lines, theorem
        assert all(map(settled, lines)), lines
    assert sum(check.passed is True for check in checks) >= 17


@pytest.mark.parametrize("rule", cases(("reject", "clip", "lose"), "reject".__eq__))
def test_the_other_rules_for_multiple_jumps_pass(rule):
    """What the rule decides; theorems and engines are left to the default one."""
    checks = checks_of(TauLeaping(rule))
    decided = (VANISHES, OUTPUT, CHAIN, f"has the trait: {Trait.POSITIONS_ALIKE}")
    assert not failed(run(name, checks[name]) for name in decided)


@pytest.mark.slow
def test_tau_leaping_modulo_s_passes():
    """All of it, since the theorem of its own is about no other sampler."""
    checks = regress(TauLeaping("wrap"))
    assert not failed(checks)
    passed = {c.name for c in checks if c.passed}
    assert {f"theorem dmitriev_2026a along {axis}" for axis in ("step", "S", "d")} <= passed
    assert "rates inside a step generate its law" in passed


def test_an_outside_sampler_passes_on_the_command_line(command):
    code, out, _ = command("regress", "outside.implicit_euler:ImplicitEuler")
    lines = out.splitlines()
    assert code == 0, out
    assert "PASS  keeps the contract: 0 random operations" in lines
    assert "n/a   theorem total_correlation: not met: exact token marginals" in lines
    assert lines[-1].endswith("passed, 0 failed, 39 not applicable")
    stands = next(k for k, line in enumerate(lines) if line.startswith("where it stands: "))
    assert all(line[:6] in ("PASS  ", "n/a   ") for line in lines[:stands])
    assert all(line.startswith("  ") for line in lines[stands + 1 : -1])


def test_an_outside_sampler_with_a_bug_fails():
    """Time is not reversed: uniform noise hides it, the other noise does not."""
    checks = checks_of(WrongWay())
    found = {name: run(name, checks[name]) for name in (VANISHES, OUTPUT, CHAIN)}
    assert all(check.passed is False for check in found.values())
    uniform, other = found[OUTPUT].number.split(", ")
    assert uniform.startswith("1.97 (uniform noise)")
    assert other.startswith("-0.0")


def test_a_failure_on_the_command_line(command, monkeypatch):
    """Exit code 1, and the reason in brackets; one check is enough to see it."""
    law, rest = Found(False, "off by 0.3", "where it hurts"), Found(True, "fine")
    found = {"law": lambda: law, "rest": lambda: rest}
    monkeypatch.setattr("harness.regress.suite.SamplerChecks.all", lambda _: found.items())
    monkeypatch.setattr("harness.regress.suite.standing.lines", lambda _: ["where it stands: low"])
    code, out, _ = command("regress", "tweedie")
    assert code == 1
    assert out.splitlines() == [
        "FAIL  law: off by 0.3 (where it hurts)",
        "PASS  rest: fine",
        "where it stands: low",
        "1 passed, 1 failed, 0 not applicable",
    ]


@pytest.mark.parametrize("name", cases(sorted(registry.theorems), SELDOM_OF_THEOREMS.__contains__))
def test_built_in_theorems_stand_with_the_samplers_of_other_suites(name):
    """With those of the generic suites they have been tried above."""
    tried = {f"stands with {sampler.name}" for sampler in generic_samplers.SAMPLERS}
    checks = checks_of(registry.theorems[name]())
    rest = [c for c in checks if c.split(" along ")[0] not in tried and c != "decides something"]
    found = [run(check, checks[check]) for check in rest]
    assert not failed(found)
    assert [check.name for check in found[:2]] == ["keeps the contract", "applies to its example"]
    assert all(check.passed for check in found[:2])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("explicit_dtc", marks=pytest.mark.slow),  # 16 s
        pytest.param("total_correlation", marks=pytest.mark.slow),  # 15 s
        "dmitriev_2026b",
    ],
)
def test_built_in_theorems_pass(name):
    checks = regress(name)
    assert not failed(checks)
    assert checks[-1].name == "decides something"


def test_an_outside_theorem_passes():
    checks = regress(GeometricDTC())
    assert not failed(checks)
    passed = {c.name: c.passed for c in checks if c.name.startswith("stands with ")}
    assert passed["stands with tweedie"]
    about_others = ("euler", "frozen_score", "tau_leaping", "masked_plug_in", "uniformization")
    assert all(passed[f"stands with {sampler}"] is None for sampler in about_others)


@pytest.mark.parametrize(
    ("theorem", "check", "status"),
    [
        (ReadOffOneRun(), "stands with tweedie", Status.VIOLATED),
        (SecondOrder(), "stands with tweedie along step", Status.INCONSISTENT),
    ],
)
def test_an_outside_theorem_that_says_too_much_fails(theorem, check, status):
    found = run(check, checks_of(theorem)[check])
    assert found.passed is False
    assert status in found.number
    assert found.reason


@dataclass(frozen=True)
class NeverDecided(GeometricDTC):
    """``GeometricDTC`` with a right side that no sampler could exceed."""

    name: ClassVar[str] = "never_decided"

    def terms(self, problem, quantities):
        return {**super().terms(problem, quantities), "spare": math.inf}


@dataclass(frozen=True)
class NeverApplies(GeometricDTC):
    """``GeometricDTC`` under a hypothesis that nothing meets."""

    name: ClassVar[str] = "never_applies"

    def assumptions(self, problem):
        return {"a miracle": False}


@dataclass(frozen=True)
class NoTrust(GeometricDTC):
    """``GeometricDTC`` without a label."""

    trust: ClassVar[Any] = "sure"


@pytest.mark.parametrize(
    ("theorem", "check", "reason"),
    [
        (NeverDecided(), "applies to its example", ">= "),
        pytest.param(
            *(NeverDecided(), "decides something", "nothing was decided"),
            marks=pytest.mark.slow,  # 7 s
        ),
        (NeverApplies(), "applies to its example", "a miracle"),
        (NeverApplies(), "decides something", "not met: a miracle"),
        (NoTrust(), "keeps the contract", "trust must be a Trust"),
    ],
)
def test_a_theorem_that_says_nothing_fails(theorem, check, reason):
    found = run(check, checks_of(theorem)[check])
    assert found.passed is False
    assert reason in found.number + found.reason


@dataclass
class Thawed(ImplicitEuler.__base__):
    """A dataclass that is not frozen."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        raise NotImplementedError


@dataclass(frozen=True)
class Breaks:
    """A sampler whose step cannot run."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        raise RuntimeError("no such luck")


@dataclass(frozen=True)
class ClaimsNothing:
    claims: ClassVar[str] = "all of it"
    step: ClassVar[Any] = Breaks.step


class OwnInit(ImplicitEuler):
    """One that its fields alone do not build."""

    def __init__(self, name):
        super().__init__()


def test_a_broken_contract_is_the_only_line():
    (check,) = regress(OwnInit("any"))
    assert check.reason.startswith("OwnInit must be built from its fields, without an __init__: ")
    (check,) = regress(Thawed())
    assert (check.passed, check.reason) == (False, "Thawed must be a frozen dataclass")
    (check,) = regress(ClaimsNothing())
    assert (check.passed, check.reason) == (False, "claims must be a Claims, got 'all of it'")


def test_an_error_in_a_check_is_a_failure_with_its_message():
    checks = checks_of(Breaks())
    for name in ("keeps the contract", "accounts for all probability", VANISHES):
        check = run(name, checks[name])
        assert (check.passed, check.number) == (False, "RuntimeError")
        assert check.reason.startswith(f"no such luck; at {__file__}:")


def test_a_class_an_instance_and_a_name_are_all_good():
    assert resolve("tweedie") is Tweedie
    assert resolve("outside.implicit_euler:ImplicitEuler") is ImplicitEuler
    names = list(checks_of("outside.implicit_euler:ImplicitEuler"))
    assert list(checks_of(ImplicitEuler)) == list(checks_of(ImplicitEuler())) == names
    assert f"has the trait: {Trait.KEEPS_MASS}" in names
    assert isinstance(construct(Chain), Chain)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("tweedi", "no sampler or theorem named 'tweedi'; did you mean 'tweedie'?"),
        ("./my/own.py", "a class must be named, got the file './my/own.py'; write my.own:Class"),
        ("tweedi", "for a class of your own write package.module:Class"),
        (
            "bad",
            "named 'bad'; for a class of your own write package.module:Class; known: ",
        ),
        ("nowhere.at_all:Thing", "at 'nowhere.at_all:Thing': cannot import 'nowhere'"),
        ("outside.wrong_way:WrongWa", "module 'outside.wrong_way' has no 'WrongWa'"),
        ("harness.noise:RateMatrix", "RateMatrix must construct without arguments"),
        ("harness.noise:Uniform", "Uniform() is neither a sampler, which has a step and claims"),
        ("harness.theorem:Rate", "Rate must construct without arguments: Can't instantiate"),
        ("mine", "a class must be named, got the module 'mine'; write mine:Class"),
        ("mine:Sampler", "module 'mine' has no 'Sampler'"),  # so it was found
        ("torn:Sampler", "importing 'torn' raised SyntaxError: "),
        ("needy:Sampler", "importing 'needy' raised ImportError: cannot import name 'nobody'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(path, message, command, monkeypatch, tmp_path):
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "torn.py").write_text("class Sampler(")
    (tmp_path / "needy.py").write_text("from harness import nobody")
    monkeypatch.chdir(tmp_path)
    code, out, err = command("regress", path)
    assert (code, out) == (2, "")
    assert err.startswith("leapcheck: ")
    assert err.count("\n") == 1
    assert message in err
