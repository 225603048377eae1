"""What becomes of a chain whose mass a step law has lost: it stays lost, a row of -1.

``LOST`` takes the place of its state, or of every token.  Such chains are drawn, and passed on:

* ``from_tables``: the last cell of a token's law is the lost one;
* ``gumbel``: the same, in a race;
* ``random_order`` and ``time_varying``: nothing is lost, and what was stays so;
* ``long_sequences``: at the chains, where there is no table;
* ``simulate``: as rows of tokens, in the end.
"""

LOST = -1
