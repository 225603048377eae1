"""``study``: samplers, targets and grids to one table of what each reaches at how many calls."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.show.study_table import Study


def study(
    samplers: Any,
    targets: Any,
    grids: Any,
    *,
    quantity: str = "kl",
    store: Any = None,
    client: Any = None,
    **common: Any,
) -> "Study":
    """What samplers reach on targets at how many score calls: a DataFrame, with ``.plot()``.

    ``samplers``, ``targets``: a sequence, or a table ``{label: ...}``.  A sampler may be a table of
    its own ``{"sampler": ..., "noise": ..., "start": ..., "grids": ...}``, which replaces parts of
    what is common.  ``grids``: grids of one kind, or a table ``{kind: grids}``.  ``common``: fields
    of ``Problem``, such as ``noise`` (uniform by default) and ``start``.  ``quantity``: what orders
    and the figure are of, ``"kl"``, ``"tv"``, ``"data_tv"``, ``"chain_kl"`` and so on.
    ``store`` and ``client`` as in ``measure_many``.

    A row is a run: ``target``, ``sampler``, ``grid``; ``N`` steps of size ``h`` (``κ`` on a
    geometric grid) from ``T`` to ``delta``; the ``law`` that the quantity is to; expected
    ``score_calls`` a sequence (nan where not known); the quantity, its ``..._floor`` (how far
    rounding can move it) and ``uncertainty`` (how far off it is for any reason: rounding, an
    interval of draws); other numbers of the output, nats or probabilities, with their floors;
    ``order``, the local slope of the quantity along ``h`` from the next coarser grid to this one,
    with ``order_error`` and ``label`` (``resolved``, ``pre-asymptotic``, ``at-floor``); ``draws``;
    and ``error``, why a run failed, which does not stop the others.

    >>> found = study([Tweedie(), Euler()], {"ring": PottsRing(3, 3, 1.0)},
    ...               [grids.even(2.0, 0.1, steps) for steps in (16, 32, 64)], start="exact")
    >>> found.plot().savefig("work.pdf")
    >>> print(found.at_equal_calls("tweedie", "euler")["ring"])

    Raises TypeError or ValueError, before anything is run, for what cannot be built, for grids of
    one kind with one step size, and where ``quantity`` would be to two laws: a KL is to ``q_δ``, so
    all runs on a target end at one ``δ`` and, if that is above 0, under one noise; ``"data_tv"`` is
    to the data wherever they end.
    """
    from harness.show.study_table import Study
    from harness.studies.work_precision import measured, sweeps

    table = Study(measured(sweeps(samplers, targets, grids, common), quantity, store, client))
    table.attrs["quantity"] = quantity
    return table
