"""Samplers and theorems that are wrong in ways of their own, and right ones beside them.

Written as their authors would believe in them; what ``leapcheck regress`` says of each is measured.
"""
