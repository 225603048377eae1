"""A run as one page to read: a self-contained HTML file, which asks no network for anything.

``source`` says what a page is made of: committed rows and ledger, or the JSON of a run; nothing is
computed anew.  ``tables`` and ``curves`` put verdicts and rows as the page's scripts read them,
``statements`` tells of theorems, ``page`` fills ``page.html`` with them.  The other files here are
parts of that page.  Whatever comes from a file is put as text, never as markup.
"""
