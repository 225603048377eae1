"""The samplers that the generic suites go through, every variant of each.

The rest have suites of their own, since most generic suites would only compile them once more.
"""

from pathlib import Path

from harness.foundation import registry

registry.load()
ELSEWHERE = {
    "multinomial_d3pm": "samplers/test_tilted.py",
    "predictor_corrector": "samplers/test_predictor_corrector.py",
    "soft_value_decoding": "samplers/test_tilted.py",
    "theta_rk2": "samplers/test_two_stage.py",
    "theta_trapezoidal": "samplers/test_two_stage.py",
    "truncated_uniformization": "samplers/test_truncated_uniformization.py",
    "uniformization": "samplers/test_uniformization.py",
}
SAMPLERS = [s for s in registry.sampler_examples() if s.name not in ELSEWHERE]


def stated_elsewhere(name: str) -> bool:
    """Whether the suite that ``ELSEWHERE`` names for a sampler speaks of it."""
    suite = Path(__file__).parents[1] / ELSEWHERE[name]
    return registry.samplers[name].__name__ in suite.read_text(encoding="utf-8")
