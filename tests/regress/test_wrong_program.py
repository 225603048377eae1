"""The whole program with a wrong sampler in it."""

import subprocess
import sys

EXPERIMENT = """
question = "Does every theorem hold, for the right sampler and for the wrong one?"
axis = "step"
put = "grid.kappa"
values = [0.4, 0.2, 0.1, 0.05]
problem = { start = "exact", grid = { name = "geometric", start = 2.0, stop = 0.1 } }
targets = [{ name = "potts_ring", tokens = 3, length = 3, coupling = 1.0, field = 1.0 }]
samplers = [{ name = "tau_leaping" }, { name = "tweedie" }]
"""
WITH_A_MISTAKE = """
from harness.samplers import Tweedie
from harness.step import Tokens

def no_inverse(self, score, noise, x, t, s):
    ratios = score(t, x)
    weights = ratios * noise.kernel(t - s, ratios.shape[-1]).T[x]
    return Tokens(weights / weights.sum(-1, keepdims=True))

Tweedie.step = no_inverse
"""
AS_A_COMMAND = """
import sys
from harness.cli import main
sys.argv[0] = "leapcheck"
main()
"""


def test_check_fails_when_a_sampler_is_wrong(tmp_path):
    """The command of ``make check-bounds`` finds the mistake, and no other sampler at fault."""
    (tmp_path / "one.toml").write_text(EXPERIMENT)

    def leapcheck(*options, mistake=""):
        # One process: another one would lack the mistake.
        program = [sys.executable, "-c", mistake + AS_A_COMMAND, "check", "one.toml", "--jobs", "1"]
        done = subprocess.run(
            [*program, *options], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.splitlines(), done.stdout + done.stderr

    code, _, told = leapcheck("--update-ledger")
    assert code == 0, told
    ledger = (tmp_path / "results" / "ledger.csv").read_bytes()
    assert b"HOLDS" in ledger
    code, lines, told = leapcheck(mistake=WITH_A_MISTAKE)
    differs = [line for line in lines if line.startswith("DIFFERS")]
    assert code == 1, told
    assert any("status is VIOLATED, the ledger has HOLDS" in line for line in differs)
    assert all("| tweedie" in line for line in differs), differs
    assert (tmp_path / "results" / "ledger.csv").read_bytes() == ledger
