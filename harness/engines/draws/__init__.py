"""Draws from the same step laws: from tables of all states, at the chains themselves, or coarse."""

from harness.engines.draws import from_tables as from_tables
from harness.engines.draws import random_order as random_order
from harness.engines.draws import time_varying as time_varying
