"""Commands of the command line: their options, what is called with them, what is printed.

Imports all rooms down to ``bench``, but within functions: the command line starts at once, and a
command loads what it needs.  Offers ``check`` and its variations (``check``, ``check_elsewhere``),
``regress``, ``new`` with its ``templates``, ``figure``, ``table``, ``report``, and ``printing``.
"""
