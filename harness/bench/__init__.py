"""Speeds, and how far exact goes.

Imports all rooms down to ``engines`` and the public names of ``harness``.  Offers speeds as ratios
within one run (``speeds``, and ``runs`` of whole measurements against ``plain`` code), rows of them
by date and machine (``kept``), the same on a GPU (``on_gpu``), and seconds and
memory of the largest runs (``reach``).
"""
