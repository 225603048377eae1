"""The exact law of code that draws: its random operators are answered, outcome by outcome.

``explorer`` runs code with forced outcomes until nothing is open; ``noise`` follows continuous noise
until it is consumed; ``torch/`` answers PyTorch.  ``step`` and ``loop`` make a sampler of a function
that draws.  What such code asks its model for: ``conventions``, ``models``, ``clocks``.
"""
