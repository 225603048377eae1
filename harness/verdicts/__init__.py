"""Theorems and what becomes of them: HOLDS, VIOLATED, CONSISTENT and the rest, with a reason.

Imports all rooms down to ``measurement``.  Offers what a theorem must be (``theorem``), what it is
written in (``quantities``), how it is decided on a problem and along a sweep (``checks``,
``rate``, ``intervals``), numbers of steps (``complexity``), verdicts and the sources' BibTeX.
"""
