"""The chain KL by draws, with a confidence interval, on sequences of any length."""
