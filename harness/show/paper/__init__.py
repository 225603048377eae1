"""Figures and tables for a paper, from rows that were kept or of an experiment that is run.

``input_rows`` finds rows and verdicts, ``names`` says how things are called in print, ``styles``
what their lines look like, ``lines`` and ``picture`` what is drawn, ``canvas`` draws it so that
nothing overlaps; ``tables`` and ``formats`` make tables.
"""
