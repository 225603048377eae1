"""Exact facts about the forward process: marginals, posteriors, rates, information.

``on_sequences`` and ``on_counts`` have the same names for the two kinds of space; ``masked_counts``
and ``refresh_counts`` are how counts move under absorbing and under uniform noise.
"""
