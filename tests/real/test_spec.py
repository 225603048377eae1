"""``leapcheck real``: a file that names code, its report, exit codes, and faults of the file."""

import numpy as np
import pytest

from harness.real import spec
from toy_targets import RandomTable

TARGET = """
[target]
name = "random_table"
tokens = 3
length = 2
seed = 1
"""
FILE = f"""
loop = "user_code:sample"
asks = "logits"
steps = [1, 2]
draws = 2000
{TARGET}
[noise]
name = "absorbing"

[model]
mask = 3
outputs = 3
timed = false

[arguments]
temperature = TEMPERATURE
"""
CODE = """
import torch


def sample(model, steps, rows, temperature):
    x = torch.full((rows, 2), 3)
    for k in range(steps):
        p = (model(x) / temperature).softmax(-1)
        drawn = torch.multinomial(p.reshape(-1, 3), 1).reshape(x.shape)
        due = torch.rand(x.shape) < 1 / (steps - k)
        x = torch.where((x == 3) & due, drawn, x)
    return x


def update(score_fn, x, t, s):
    moves = ((t - s) * score_fn(x, t) / 3).scatter(-1, x[..., None], 0.0)
    moves = moves.scatter(-1, x[..., None], 1 - moves.sum(-1, keepdim=True))
    return torch.multinomial(moves.clamp(min=0).reshape(-1, 3), 1).reshape(x.shape)
"""
BOX = """
import numpy as np

from toy_targets import RandomTable

NUMBER = 7
LAW = np.exp(RandomTable(3, 2, seed=1).log_law())


def draws(count, seed, share=0.0):
    rng = np.random.default_rng(seed)
    index = rng.choice(9, count, p=LAW.reshape(-1))
    index = np.where(rng.random(count) < share, rng.integers(9, size=count), index)
    return np.stack(np.unravel_index(index, LAW.shape), -1)
"""


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A folder with code of a user; writes a file with this text and gives its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "user_code.py").write_text(CODE)
    (tmp_path / "user_draws.py").write_text(BOX)

    def write(text):
        (tmp_path / "mine.toml").write_text(text)
        return tmp_path / "mine.toml"

    yield write
    import sys

    for name in ("user_code", "user_draws"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("temperature", "code"), [("1.0", 0), ("0.5", 1)])
def test_a_file_is_run_and_the_exit_code_says_whether_it_is_right(user, command, temperature, code):
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    found, out, _ = command("real", user(FILE.replace("TEMPERATURE", temperature)))
    lines = out.splitlines()
    assert found == code
    assert lines[0].startswith("user_code:sample: RandomTable(tokens=3, length=2, seed=1")
    assert lines[-1] == ("it is not right: temperature" if code else "nothing is wrong with it")
    told = [line for line in lines if line.startswith("FAULT")]
    wrong = "FAULT  temperature: tokens are drawn from p^2: a temperature of 0.5, not 1"
    assert told == ([wrong] if code else [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("asks =", "ask ="), "asks: field required; ask: extra inputs are not permitted"),
        (("[1, 2]", "[]"), "steps: tuple should have at least 1 item"),
        (("[target]", "[target"), "mine.toml: Expected ']'"),
    ],
)
def test_a_file_that_says_nothing_sensible(user, command, change, message):
    code, _, told = command("real", user(FILE.replace("TEMPERATURE", "1.0").replace(*change)))
    assert code == 2
    assert message in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("user_code:sample", "user_code:sampel"), "no loop at 'user_code:sampel'"),
        (('"logits"', '"logit"'), "asks"),
        (("random_table", "random_tabel"), "did you mean 'random_table'"),
        (("mask = 3", "mask = 1\nmusk = 2"), r"no key of \[model\] named 'musk'; did you mean"),
        (("[model]", '[clock]\nname = "log_linear"\nesp = 0.0\n[model]'), "log_linear named 'esp'"),
    ],
)
def test_what_a_file_names_and_is_not_there(user, change, message):
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    file = user(FILE.replace("TEMPERATURE", "1.0").replace(*change))
    with pytest.raises(ValueError, match=message):
        spec.read(file).report()


STEP = f"""
step = "user_code:update"
asks = "score"
steps = [2, 4, 8]
stop = 0.1
draws = 2000
{TARGET}
[noise]
name = "uniform"

[grid]
start = 3.0
stop = 0.1
spacing = "geometric"
"""


def test_a_step_is_taken_from_noise_on_a_grid(user, command):
    """And is Euler's method there, to rounding."""
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    code, out, _ = command("real", user(STEP))
    assert code == 0, out
    assert "equals euler on the 8 times at which the model was asked to" in out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('step = "user_code:update"', ""),
            "a file names a loop, a step or a black_box, one of them",
        ),
        (("start = 3.0", ""), "[grid] has no start"),
        (("[grid]", "[model]"), "a step needs a [grid], which a loop brings itself"),
    ],
)
def test_a_step_without_what_it_needs(user, command, change, message):
    code, _, told = command("real", user(STEP.replace(*change)))
    assert code == 2
    assert message in told


DRAWS = f"""
black_box = "user_draws:draws"
draws = 4000
{TARGET}
[tests]
batch = 40
singles = 100
false_alarm = 0.02
[arguments]
share = SHARE
"""


@pytest.mark.parametrize(("share", "code"), [("0.0", 0), ("0.2", 1)])
def test_a_black_box_is_examined_by_its_draws(user, command, share, code):
    """Exact draws of the target; then a share of uniform ones among them. No PyTorch is needed."""
    found, out, _ = command("real", user(DRAWS.replace("SHARE", share)))
    lines = out.splitlines()
    assert found == code, out
    assert lines[:2] == [
        "user_draws:draws: draws, held to the law of RandomTable(tokens=3, length=2, seed=1, "
        "concentration=1.0)",
        "no exact law: a black box, of which nothing is known but its draws",
    ]
    assert ("FAILED  law: " in out) == bool(code)
    assert "4,100 draws give" in out  # [tests] was read: 4,000 in batches and 100 alone
    assert lines[-1].startswith("it is not right: law" if code else "nothing is wrong with it")
    assert (lines[3].startswith("FAILED  law: "), lines[2].endswith("failed")) == (code, not code)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("draws = 4000", 'asks = "logits"'), "asks: extra inputs are not permitted"),
        (("draws = 4000", "stop = 0.5"), "to follow the data at noise time 0.5 a noise is needed"),
        (("user_draws:draws", "user_draws:draw"), "no black box at 'user_draws:draw'"),
        (("user_draws:draws", "user_draws:NUMBER"), "must be called as sample(count, seed), got 7"),
    ],
)
def test_a_black_box_without_what_it_needs(user, command, change, message):
    text = DRAWS.replace("[arguments]\nshare = SHARE", "").replace(*change)
    code, _, told = command("real", user(text))
    assert code == 2
    assert message in told


def test_a_black_box_that_stops_before_the_data_is_held_to_the_noised_law(user):
    """Draws of the data themselves are no draws of the data at noise time 0.5."""
    noisy = DRAWS.replace("SHARE", "0.0") + '[noise]\nname = "uniform"\n'
    report = spec.read(user(f"stop = 0.5\n{noisy}")).report()
    assert not report.good
    assert report.setting.endswith("at noise time 0.5 of Uniform()")
    # Every token is drawn anew with probability 1 - e^-0.5: the law of the data itself is off by
    # its total variation to that, which the limits hold.
    law = np.exp(RandomTable(3, 2, seed=1).log_law())
    kernel = np.exp(-0.5) * np.eye(3) + (1 - np.exp(-0.5)) / 3
    noised = kernel @ law @ kernel
    tv = abs(law - noised).sum() / 2
    assert report.statistics.tv.lower <= tv <= report.statistics.tv.upper
    assert report.statistics.tv.upper < 2 * tv


def test_a_loop_that_is_not_to_be_followed_is_examined_by_its_draws(user):
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    text = FILE.replace("TEMPERATURE", "0.5").replace(
        "steps = [1, 2]", "steps = [2]\nfollow = false"
    )
    report = spec.read(user(text)).report()
    assert report.refused == "only draws were asked for"
    assert "law" in {test.name for test in report.statistics.failed}
    told = "it does not draw the data (steps: 2; more were not tried): "
    assert [*report.lines()][-1].startswith(told), "the error of two steps is in its draws"


def test_a_file_that_is_not_there(command):
    code, _, told = command("real", "nowhere.toml")
    assert code == 2
    assert "no file nowhere.toml" in told
