"""Speeds as ratios within one run (``speeds``), and how far exact goes (``reach``).

Imports all rooms down to ``engines`` and the public names of ``harness``.
"""
