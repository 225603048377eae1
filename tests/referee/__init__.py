"""The referee: every sampler's law from its definition, dense and slow, sharing no code with it."""
