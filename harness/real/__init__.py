"""What is said of code that somebody uses: by its law or, where none can be had, by its draws.

Imports all rooms down to ``regress``.  Offers tests of draws that share one false-alarm budget
(``black_box``).
"""
