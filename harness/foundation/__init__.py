"""What every other room rests on: 64-bit precision, input errors, names and specs.

Imports nothing of leapcheck.  Offers ``precision`` (exact laws are float64), ``validation`` (errors
that name the thing, the rule and the value), ``registry`` (names of samplers, targets, noises,
scores and theorems, and the tables that describe them), ``digits`` (numbers as text),
``perturbation`` (rounding errors made on purpose), ``compilation`` (how XLA is asked to compile),
``telling`` (what is being done, where it would be silent), ``memory_maps`` (room for what it
compiled) and ``when_imported`` (which file was edited since).
"""

from harness.foundation import when_imported as when_imported  # before it: it watches from then on
