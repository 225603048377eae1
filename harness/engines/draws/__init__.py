"""Draws from the same step laws: from tables of all states, at the chains themselves, or coarse."""
