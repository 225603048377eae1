"""Experiments: TOML files, run, judged, and compared with a ledger.

Imports all rooms down to ``verdicts``.  Offers the experiment file, the runner, the judge of one
sweep, and rows and ledger on disk.
"""
