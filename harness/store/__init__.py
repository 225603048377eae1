"""The store: measurements kept in one file, by what they depend on, so that none is made twice.

Imports all rooms down to ``measurement``.  Offers the store itself, the digest that a measurement
goes by, and what of the source code it rests on.
"""
