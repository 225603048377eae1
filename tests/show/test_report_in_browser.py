"""The page in a browser: filters, rows that open, keys, themes, widths, and a silent console.

Skipped where playwright (``pip install leapcheck[browser]``) or a Chromium is missing.
"""

import re
import shutil

import pytest
from reported import DIFFERENCES, report
from rooms import ROOT

from harness.show.report import page, source

sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"
OPEN_ALL = "document.querySelectorAll('details').forEach((row) => { row.open = true; })"
OPEN_SECONDS = 2.0


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """The page of all committed results."""
    path = tmp_path_factory.mktemp("report") / "all.html"
    folders = [ROOT / "results", ROOT / "results" / "full"]
    known = source.at_hand([ROOT / "experiments" / "equal_calls.toml"])
    page.write(source.committed(folders, known), path)
    return path


@pytest.fixture
def opened(browser):
    """Opens a file in a context of its own; at the end the console must have been silent."""
    contexts, told = [], []

    def tell(what):
        told.append(str(what))

    def open_(path, address="", **how):
        contexts.append(browser.new_context(**how))
        contexts[-1].set_default_timeout(10_000)
        found = contexts[-1].new_page()
        found.on("console", lambda message: tell(message.text))
        found.on("pageerror", tell)
        found.on("dialog", lambda dialog: (tell(dialog.message), dialog.dismiss()))
        found.on("request", lambda r: None if r.url.startswith("file:") else tell(r.url))
        found.goto(path.as_uri() + address)
        found.wait_for_selector("#list .verdict")
        return found

    yield open_
    for context in contexts:
        context.close()
    assert told == []


def rows(shown, column):
    """The texts of a column of the list: verdict 1, theorem 2, where 3, why 4."""
    return shown.locator(f"#list .verdict > summary > span:nth-child({column})").all_inner_texts()


def choose(shown, **filters):
    for name, value in filters.items():
        shown.select_option(f"#filters select[name={name}]", value)


def test_it_opens_at_once_with_the_surprising_first(opened, committed):
    """Of three times the best: other work on the machine is not the page's."""
    taken = []
    for _ in range(3):
        shown = opened(committed)
        entry = "performance.getEntriesByType('navigation')[0].domComplete / 1000"
        taken.append(shown.evaluate(entry))
    assert min(taken) < OPEN_SECONDS
    statuses = rows(shown, 1)
    assert len(statuses) == 100
    assert (statuses[0], statuses[1]) == ("INCONSISTENT", "INCONCLUSIVE")
    assert "the first 100 are shown" in shown.inner_text("#shown")
    shown.click("#more")
    assert len(rows(shown, 1)) == 200


def test_filters_and_their_address(opened, committed):
    shown = opened(committed)
    choose(shown, theorem="explicit_dtc", sampler="tau_leaping", target="ring")
    assert set(rows(shown, 2)) == {"explicit_dtc [D]"}
    assert all(text.startswith("ring with tau_leaping\n") for text in rows(shown, 3))
    assert {"HOLDS"} < set(rows(shown, 1)) <= {"HOLDS", "VACUOUS"}
    shown.uncheck("#filters input[value=HOLDS]")
    assert set(rows(shown, 1)) == {"VACUOUS"}
    shown.fill("input[name=text]", "Doing nothing  EARLY_STOPPING")
    found = rows(shown, 3)
    assert found
    assert all("early_stopping" in text for text in found)
    again = opened(committed, shown.evaluate("location.hash"))
    assert rows(again, 3) == found
    again.click("button[type=reset]")
    again.wait_for_function("document.querySelectorAll('#list .verdict').length === 100")
    assert "NOT_APPLICABLE" not in rows(again, 1)
    again.check("#filters input[value=NOT_APPLICABLE]")
    choose(again, theorem="absorb_2025", sampler="tweedie")
    assert set(rows(again, 1)) == {"NOT_APPLICABLE"}


def test_nothing_found_is_said(opened, committed):
    shown = opened(committed)
    shown.fill("input[name=text]", "no such words")
    assert shown.inner_text("#shown").startswith("0 of ")
    assert rows(shown, 1) == []


def test_a_row_opens_to_all_about_it(opened, committed):
    shown = opened(committed)
    choose(shown, theorem="ren_2024", experiment="step_even")
    shown.locator("#list summary").first.click()
    detail = shown.locator(".detail").first
    told = detail.inner_text()
    for title in ("Assumptions", "Numbers", "Curve", "✓ symmetric noise", "largest needed"):
        assert title in told
    assert detail.locator("svg[role=img] path.curve").count() == 2
    assert detail.locator("svg[role=img] title").count() == 10  # five steps, two lines
    detail.locator("summary").click()
    assert detail.locator("tbody tr").count() == 5
    shown.check("#filters input[value=NOT_APPLICABLE]")
    choose(shown, theorem="absorb_2025", experiment="step_even")
    shown.locator("#list summary").first.click()
    assert "✗ absorbing noise: not met" in shown.locator(".detail").first.inner_text()


@pytest.mark.parametrize(
    "address",
    [
        *("status=HOLDS", "status=CONSISTENT", "status=VACUOUS", "status=NOT_APPLICABLE"),
        *(
            "status=INCONSISTENT&status=INCONCLUSIVE",
            "theorem=start_uniform",
            "theorem=order+of+kl",
        ),
        *("theorem=kl+below+that+of+tweedie", "experiment=complexity", "experiment=long_sequences"),
    ],
)
def test_rows_of_every_kind_open(opened, committed, address):
    """A hundred of each: whatever was decided, the page has words for it."""
    shown = opened(committed, f"#verdicts?{address}")
    shown.evaluate(OPEN_ALL)
    count = len(rows(shown, 1))
    shown.wait_for_function(f"document.querySelectorAll('#list .detail').length === {count}")
    assert not re.search("NaN|undefined|null", shown.inner_html("#list"))


def test_keys(opened, committed):
    shown = opened(committed)
    shown.locator("#list summary").first.focus()
    focused = "document.activeElement.parentElement.dataset.place"
    shown.keyboard.press("ArrowDown")
    assert shown.evaluate(focused) == "1"
    shown.keyboard.press("Enter")
    assert shown.locator("#list .verdict[open]").count() == 1
    shown.keyboard.press("Escape")
    assert shown.locator("#list .verdict[open]").count() == 0
    shown.keyboard.press("End")
    assert shown.evaluate(focused) == "99"
    shown.keyboard.press("ArrowDown")  # the next hundred are shown
    assert shown.evaluate(focused) == "100"
    shown.keyboard.press("Home")
    assert shown.evaluate(focused) == "0"
    shown.keyboard.press("/")
    shown.keyboard.type("a/b")
    assert shown.input_value("input[name=text]") == "a/b"


def test_links_lead_to_a_verdict_and_a_theorem(opened, committed):
    shown = opened(committed)
    shown.locator("#surprising .surprise a").first.click()
    shown.wait_for_selector(".detail")
    assert rows(shown, 1) == ["INCONSISTENT"]
    shown.locator(".detail a").first.click()
    assert shown.evaluate("location.hash") == "#theorem-ren_2024"
    shown.locator("#theorem-ren_2024 .badge").first.click()
    shown.wait_for_function("document.querySelectorAll('#list .verdict').length > 0")
    assert set(rows(shown, 2)) == {"ren_2024 [O]"}


def test_work_and_precision(opened, committed):
    shown = opened(committed)
    panels = shown.locator("#panels figure")
    assert panels.count() == 4  # the experiment that compares most samplers
    assert "At as many score calls" in shown.inner_text("#question")
    assert "first hitting: exact to rounding" in panels.first.inner_text()
    assert panels.first.locator("svg[role=img] path.curve").count() == 9
    shown.select_option("#study", "reveals")
    assert shown.locator("#panels figcaption").all_inner_texts() == ["table"]


def test_names_are_text(opened, tmp_path):
    shown = report([f"first | {HOSTILE} | s0 | chain: differs"])
    for row in shown.ledger:
        row |= dict.fromkeys(("target", "reason", "trust", "rung", "points"), HOSTILE)
    place = {"experiment": "first", "target": HOSTILE, "axis": "step", "engine": HOSTILE}
    numbers = {"score_calls": 2.0, "h": 0.5, "value": 2, "kl": 0.5, HOSTILE: 1.0}
    shown.outcome.rows[:] = [{**place, **numbers, "sampler": f"s{k}"} for k in range(9)]
    page.write(source.Source(shown, {HOSTILE: HOSTILE}), tmp_path / "page.html")
    found = opened(tmp_path / "page.html")
    found.evaluate(OPEN_ALL)
    found.wait_for_selector(".detail")
    assert found.locator("img").count() == 0
    assert found.locator("script").count() == 2
    assert HOSTILE in rows(found, 4)[0]
    assert found.locator(".detail").first.inner_text().count(HOSTILE) >= 3


def test_differences_of_a_run_are_marked(opened, tmp_path):
    page.write(source.Source(report(DIFFERENCES), {}), tmp_path / "page.html")
    shown = opened(tmp_path / "page.html")
    assert "DIFFERS" in rows(shown, 1)[0]
    shown.locator("#list summary").first.click()
    assert "the ledger has 0.5" in shown.locator(".detail").first.inner_text()
    assert shown.locator("#surprising .DIFFERS").count() == len(DIFFERENCES)


def test_themes_phones_and_paper(opened, committed):
    back = "getComputedStyle(document.body).backgroundColor"
    dark, light = (opened(committed, color_scheme=each) for each in ("dark", "light"))
    assert light.evaluate(back) == "rgb(255, 255, 255)" != dark.evaluate(back)
    light.click("#theme")
    light.click("#theme")
    assert light.evaluate(back) == dark.evaluate(back)
    dark.emulate_media(media="print")
    assert dark.evaluate(back) == "rgb(255, 255, 255)"
    assert not dark.is_visible("#filters")
    assert dark.is_visible("#list")
    phone = opened(committed, viewport={"width": 360, "height": 740}, is_mobile=True)
    phone.evaluate(OPEN_ALL)
    phone.wait_for_selector(".detail")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
