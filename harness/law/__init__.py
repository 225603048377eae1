"""What a sampler may say: the law of a step, its claims and traits, how often it calls the score.

Imports ``foundation``, ``numerics`` and ``process``.  Offers the kinds of step law (``step``), the
declaration of a sampler (``claims``) and laws of numbers of score calls (``score_calls``).
"""
