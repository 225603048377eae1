"""What people see: lines of text and figures.

Imports all rooms down to ``studies``.
"""
