"""Speeds, and how far exact goes.

Imports all rooms down to ``engines`` and the public names of ``harness``.  Offers speeds as ratios
within one run (``speeds``), and seconds and memory of the largest runs (``reach``).
"""
