"""Code that draws, in every shape in which it is called: right, and wrong in one way each.

Written from the definitions, as people write it: nothing here knows of laws.  All of it takes the
model first.
"""
