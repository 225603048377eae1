"""What real code does, said in words: exact laws of its draws, what they lack, and why.

Imports all rooms down to ``regress``.  Offers what code does with a model's answers
(``answer_use``) and, for code whose draws cannot be followed, tests of draws that share one budget
of false alarms (``black_box``).
"""
