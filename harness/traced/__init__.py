"""Code that draws, run as it is under an exact model: its law, with nothing rewritten.

Imports all rooms down to ``problem``.  Offers what code may ask its model for and how one answer
is made of another (``conventions``), such models of a known score (``models``), and the clocks of
code (``clocks``).  ``explorer`` runs code with forced outcomes until nothing is open; ``noise``
follows continuous noise until it is consumed; ``torch/``, ``numpy/`` and ``jax/`` answer what code
of these libraries draws.  ``step`` and ``loop`` make a sampler of a function that draws.
"""
