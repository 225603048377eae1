"""What people see: a run as text, on a terminal, as JSON, JUnit and Markdown; figures.

Imports all rooms down to ``studies``.  Offers what was found, the surprising first (``findings``),
as plain lines (``text``), on a ``terminal``, as ``markdown``, ``json_file`` and ``junit_file``; how
far a run is (``progress``), a thing explained (``explanation``), and figures of committed rows:
errors along an axis (``figures``), growth and the critical point (``figures_of_scale``).
"""
