"""Wrong samplers, one file a kind."""
