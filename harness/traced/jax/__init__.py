"""The tracer of JAX: the jaxpr of the code, interpreted on numbers, with a ``key`` handed to it.

``backend`` makes the jaxpr and ``interpreter`` goes through it, operation by operation, into jits,
loops and branches; ``keys`` are followed by what was derived from what, ``random_primitives`` say
what is drawn by them, ``held`` is what noise is held in, ``on_noise`` what may be done to it.

Covered: keys of ``jax.random.key`` under ``split`` and ``fold_in``; ``uniform``, ``bernoulli``,
``gumbel``, ``exponential``, ``categorical``, ``choice``, ``permutation``, ``randint`` and
``poisson``, and whatever else takes random bits to uniform floats and those through monotone
functions; all of it under ``jit``, ``vmap``, ``scan``, ``while_loop`` and ``cond``.  Refused: keys
of raw numbers or of a seed of the code's own, a key that is used twice, Gaussian and gamma noise,
Python that needs the value of an array.  Operations are done one by one: what XLA would round
otherwise when it fuses them is as without fusion.  Numbers have the bits that the caller's flags
of JAX give them.
"""
