"""What people see: a run as text, on a terminal, as JSON, JUnit and Markdown; figures.

Imports all rooms down to ``studies``.  Offers what was found, the surprising first (``findings``),
as plain lines (``text``), on a ``terminal``, as ``markdown``, ``json_file`` and ``junit_file``, as
a page (``report``); how far a run is (``progress``), what there is (``catalogue``) and all about a
thing (``explanation``); figures of committed rows (``plots``): errors along an axis (``figures``),
growth and the critical point (``figures_of_scale``); figures and tables for a paper (``paper``),
and a work-precision ``study``.
"""
