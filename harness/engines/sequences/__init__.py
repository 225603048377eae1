"""Laws on all sequences: the laws of a step from every state, and how they are pushed.

``step_laws`` makes and checks the laws of a step, ``push`` moves a law through them; ``by_kind``
says what can be asked of a law, and one file a kind of step law answers.
"""
