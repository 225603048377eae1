"""What is measured of a run: the ladder from the output KL to what theorems bound.

Imports all rooms down to ``engines``.  Offers ``measure`` and its ``result``; the output's
divergences, the chain KL, the path KL, the differential inequality, chains of reveals, the expected
score calls; ``by_draws/`` estimates the chain KL where no law on all states can be held.
"""
