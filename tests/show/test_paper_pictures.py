"""What a figure for a paper shows: the numbers of the rows, styles that belong to names."""

import re

import numpy as np
import pytest
from helpers.planted_rows import STEPS, one, planted

from harness.show.of_theorems import bounded
from harness.show.paper import captions, names, picture, styles
from harness.show.paper.choosing import Wanted
from harness.show.paper.figure_files import formats_of, width_of


def lines_of(rows, **wanted):
    (panel,) = picture.of(rows, Wanted(**wanted)).panels
    return {line.style["of"]: line for line in panel.lines}


def test_lines_are_the_rows_and_a_constant_is_the_least_that_all_points_need():
    rows = planted(2, 2)
    found = lines_of(rows)
    h = 3.75 / np.array(STEPS[::-1])
    assert found["euler"].x == pytest.approx(h)
    assert found["euler"].y == pytest.approx(0.5 * h**2)
    form, bound = found["liang_2025[T]"], found["dmitriev_2026a[O]"]
    assert bound.y == pytest.approx(2 * h**2)
    assert form.y == pytest.approx(h * rows["kl"].max() / h.max())  # of the tightest sampler


def test_the_caption_says_which_rung_a_bound_is_on():
    told = picture.of(planted(2, 3), Wanted()).caption
    assert "Bounds on the integral of the differential inequality: Liang et al." in told
    assert "Bounds on the output KL: Dmitriev et al. 2026a" in told
    chain = "Bounds on the chain KL: Explicit DTC bound"
    assert chain in told
    assert chain not in picture.of(planted(2, 2), Wanted()).caption  # which does not show it
    assert chain in picture.of(planted(2, 3), Wanted(quantities=("constant",))).caption


def test_every_rung_of_a_theorem_has_words():
    from harness.foundation import registry

    registry.load()
    assert {bounded(name) for name in registry.theorems} - {""} <= set(captions.RUNGS)


def test_constants_are_drawn_along_the_axis_of_their_growth():
    shown = picture.of(planted(1, 3), Wanted(quantities=("constant",)))
    assert shown.x_label.startswith("1 / step size")
    first = shown.panels[0].lines[0]
    assert first.x == pytest.approx(np.array(STEPS) / 3.75)
    assert (np.diff(first.y) < 0).all()  # h² / h falls as the grid gets finer


def test_a_bound_that_is_another_for_each_sampler_has_a_line_for_each():
    rows = planted(2, 2)
    rows.loc[rows["sampler"] == "euler", "bound dmitriev_2026a[O]"] *= 2
    (panel,) = picture.of(rows, Wanted()).panels
    marks = [each.style["marker"] for each in panel.lines if each.style["of"].startswith("dmitr")]
    assert marks == [
        styles.of_samplers([label])[label]["marker"] for label in rows["sampler"].unique()
    ]


def test_a_style_belongs_to_a_name():
    few, many = (styles.of_samplers(list(names.SAMPLERS)[:k]) for k in (3, 19))
    assert all(many[label] == style for label, style in few.items())
    assert styles.of_samplers(["mine", "euler"])["mine"] == styles.of_samplers(["mine"])["mine"]
    decoders = [
        "confidence",
        "entropy",
        "threshold",
        "entropy bound",
        "blocks of 16",
        "p",
        "margin",
    ]
    assert len({each["color"] for each in styles.of_samplers(decoders).values()}) == 7
    looks = styles.of_samplers([*names.SAMPLERS, "mine", "tweedie, even", "another", "p", "q"])
    assert len({(look["marker"], look["mfc"] == "white") for look in looks.values()}) == len(looks)
    looks = styles.of_theorems([*names.THEOREMS, "mine", "yours"])
    assert len({(str(look["ls"]), look["marker"]) for look in looks.values()}) == len(looks)
    with pytest.raises(ValueError, match="can tell 32 samplers apart, got 33; choose fewer"):
        styles.of_samplers(list(map(str, range(33))))


def test_registered_names_have_one_in_print():
    from harness.foundation import registry

    registry.load()
    assert set(registry.samplers) <= set(names.SAMPLERS)
    assert set(registry.theorems) <= set(names.THEOREMS)


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("tau_leaping", "τ-leaping (one jump)"),
        ("tau_leaping (wrap)", "τ-leaping (modulo S)"),
        ("tau_leaping(multiple_jumps=clip)", "τ-leaping (multiple_jumps=clip)"),
        ("masked plug-in, cosine", "Masked plug-in, cosine"),
        ("first hitting", "First hitting"),
        ("eulerian", "eulerian"),
    ],
)
def test_samplers_in_print(label, told):
    assert names.Names().sampler(label) == told


def test_theorems_in_print_say_how_far_they_can_be_trusted(tmp_path):
    assert names.Names().theorem("liang_2025[O]") == "Liang et al. 2025, order only"
    assert names.Names().theorem("my_own[D]") == "my_own, proved here"
    path = tmp_path / "names.toml"
    path.write_text('[theorems]\nliang_2025 = "L25"\n[samplers]\neuler = "E"\n')
    assert names.read(path).theorem("liang_2025[O]") == "L25"
    assert names.read(path).sampler("euler") == "E"
    path.write_text('[theorem]\nliang_2025 = "L25"\n')
    with pytest.raises(ValueError, match="did you mean 'theorems'"):
        names.read(path)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"quantities": ("klx",)}, "no quantity in these rows named 'klx'; did you mean 'kl'?"),
        ({"samplers": ["eulr"]}, "no sampler in these rows named 'eulr'; did you mean 'euler'?"),
        ({"targets": ["ring"]}, "no target in these rows named 'ring'"),
        ({"theorems": ["liang"]}, "did you mean 'liang_2025'?"),
        ({"against": "S"}, "against must vary along a sweep; S does not"),
        ({"against": "x"}, "no axis to draw against named 'x'"),
        ({"quantities": ("constant", "kl")}, "constant must be drawn alone, got constant, kl"),
    ],
)
def test_what_is_not_there_is_said(wanted, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        picture.of(planted(2, 2), Wanted(**wanted))


def test_no_panel_is_empty():
    with pytest.raises(ValueError, match="nothing to draw: kl is nowhere above 0 and finite"):
        picture.of(one(kl=[0.0] * len(STEPS)), Wanted())


def test_widths_and_formats(tmp_path):
    assert width_of("column") == pytest.approx(8.5 / 2.54)
    assert width_of("12.7") == pytest.approx(5)
    for told, message in (("wide", "got 'wide'"), ("2", "at least 6, got 2"), ("nan", "finite")):
        with pytest.raises(ValueError, match=message):
            width_of(told)
    assert formats_of(None, tmp_path / "a.svg") == (["svg"], tmp_path / "a")
    assert formats_of("pdf,png", tmp_path / "a.b") == (["pdf", "png"], tmp_path / "a.b")
    with pytest.raises(ValueError, match="no format named 'jpg'"):
        formats_of("jpg", tmp_path / "a")
