"""Experiments along S and along a coupling."""

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
