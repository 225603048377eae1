"""Mathematics that knows no diffusion: numbers, arrays and laws in, numbers out.

Imports ``foundation``.  Offers divergences between laws, polynomials in Bernstein form, counts of
tokens and their convolutions, where sums of Poisson variables land, draws by inverse transform, and
calibrated tests of draws.
"""
