"""What people see: a run as text, on a terminal, as JSON, JUnit and Markdown; figures.

Imports all rooms down to ``studies``.
"""
