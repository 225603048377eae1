"""The tracer of PyTorch: random operators are answered at the level of ATen, no name is patched.

Imports PyTorch, which is an extra: nothing outside of this folder does.  ``tracer`` is the mode
under which code is run, ``random_operators`` what draws, ``on_noise`` what may be done to noise,
``rows`` to which row of a batch a draw belongs.
"""
