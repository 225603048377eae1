"""The forward process: what noise makes of data, and what is exactly known about it.

Imports ``foundation`` and ``numerics``.  Offers state spaces, noises (``noise/``), time grids,
scores, and exact marginals, posteriors and information on sequences and on counts (``truth/``).
Nothing here knows a sampler.
"""
