"""What people see: a run as text, on a terminal, as JSON, JUnit and Markdown; figures.

Imports all rooms down to ``studies``.  Offers what a verdict and a summary look like in a terminal
(``text``), figures of committed rows (``plots``): errors along an axis (``figures``), growth and
the critical point (``figures_of_scale``); and figures and tables for a paper (``paper``).
"""
