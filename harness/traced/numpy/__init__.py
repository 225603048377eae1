"""The tracer of numpy: a ``Generator`` that stands in for the code's own, handed to it as ``rng``.

``generator`` answers what is drawn, ``noisy`` is what continuous noise is held in, ``ufuncs`` and
``array_functions`` are what may be done to it.  All other arrays are numpy's own.
"""
