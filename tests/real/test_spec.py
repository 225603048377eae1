"""``leapcheck real``: a file that names code, its report, exit codes, and faults of the file."""

import pytest

from harness.real import spec

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


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A folder with code of a user; writes a file with this text and gives its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "user_code.py").write_text(CODE)

    def write(text):
        (tmp_path / "mine.toml").write_text(text)
        return tmp_path / "mine.toml"

    yield write
    import sys

    sys.modules.pop("user_code", None)


@pytest.mark.parametrize(("temperature", "code"), [("1.0", 0), ("0.5", 1)])
def test_a_file_is_run_and_the_exit_code_says_whether_it_is_right(user, command, temperature, code):
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    found, out, _ = command("real", user(FILE.replace("TEMPERATURE", temperature)))
    lines = out.splitlines()
    assert found == code
    assert lines[0].startswith("user_code:sample: RandomTable(tokens=3, length=2, seed=1")
    assert lines[-1] == ("it is not right" if code else "nothing is wrong with it")
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
        (("mask = 3", "mask = 1\nmusk = 2"), "musk"),
    ],
)
def test_what_a_file_names_and_is_not_there(user, change, message):
    pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")
    read = spec.read(user(FILE.replace("TEMPERATURE", "1.0").replace(*change)))
    with pytest.raises((ValueError, TypeError), match=message):
        read.report()


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
        (('step = "user_code:update"', ""), "a file names a loop or a step, one of them"),
        (("[grid]", "[model]"), "a step needs a [grid], which a loop brings itself"),
    ],
)
def test_a_step_without_what_it_needs(user, command, change, message):
    code, _, told = command("real", user(STEP.replace(*change)))
    assert code == 2
    assert message in told


def test_a_file_that_is_not_there(command):
    code, _, told = command("real", "nowhere.toml")
    assert code == 2
    assert "no file nowhere.toml" in told
