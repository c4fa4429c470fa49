"""The ring, the staircase and the plane, by what they draw."""

import matplotlib as mpl
import pandas as pd
import pytest

from figures import ALT, sound
from outlay import charts, ledger, style
from outlay.charts.ring import PLACES
from outlay.models import circle

DATES = ["2024-08-05", "2024-12-31", "2025-10-13", "2025-10-21", "2025-12-31", "2026-03-15", ""]


def shown(day):
    return circle.circular(circle.known(ledger.open(as_of=day)), drawn=True)


def edges(figure):
    """The lines of a ring by what they are called."""
    return {line.get_gid(): line for axes in figure.axes for line in axes.lines if line.get_gid()}


@pytest.mark.parametrize("day", DATES)
def test_the_ring_is_sound_at_every_date(day, book):
    figure = charts.ring({"": shown(day)}, "A title", "$bn a year", alt=ALT, counters=["24 of 114 a year\ncould come back"])
    sound(figure, book)


def test_two_rings_are_sound(book):
    figure = charts.ring({day: shown(day) for day in ("2024-12-31", "2025-12-31")}, "A title", "$bn a year", alt=ALT, counters=["one", "two"], size="report")
    sound(figure, book)


def test_every_deal_of_a_circle_has_a_line_that_says_how_firm_it_is():
    frame = shown("")
    lines = edges(charts.ring({"": frame}, "A title", "$bn a year", alt=ALT, counters=["x"]))
    rows = circle.lines(frame)
    wanted = {f"{start}>{end}:{firmness}:{kind}" for start, end, firmness, kind in rows[["from", "to", "firmness", "kind"]].itertuples(index=False, name=None)}
    assert set(lines) == wanted
    solid = {name for name, line in lines.items() if line.get_linestyle() == "-"}
    assert solid == {name for name in lines if name.split(":")[1:] == ["firm", "money"]}


def test_the_width_of_a_line_is_its_money_of_a_year():
    lines = edges(charts.ring({"": shown("")}, "A title", "$bn a year", alt=ALT, counters=["x"]))
    oracle, microsoft = (lines[f"openai>{name}:firm:money"].get_linewidth() for name in ("orcl", "msft"))
    assert oracle / microsoft == pytest.approx(60 / 24.1)
    assert lines["nvda>openai:firm:money"].get_linewidth() == lines["orcl>nvda:firm:money"].get_linewidth()  # no years printed: no width


def test_every_line_bears_its_number_and_an_amount_without_years_says_so():
    figure = charts.ring({"": shown("")}, "A title", "$bn a year", alt=ALT, counters=["x"])
    words = [text.get_text() for text in figure.axes[0].texts]
    assert {"60", "30 in all", "24", "+250 in all", "12–20", "100 cancelled"} <= set(words)
    assert words.count("shares") == 3


def test_bold_is_a_years_money_and_nothing_else():
    figure = charts.ring({"": shown("")}, "A title", "$bn a year", alt=ALT, counters=["x"])
    numbers = [text for text in figure.axes[0].texts if text.get_text()[:1] in "+0123456789"]
    assert {text.get_fontweight() for text in numbers if "in all" in text.get_text() or "left" in text.get_text()} == {"normal"}
    assert {text.get_fontweight() for text in numbers if text.get_text() in ("60", "24", "12–20", "2.4")} == {"bold"}


def test_a_party_stands_at_the_same_place_at_every_date():
    found = {}
    for day in DATES:
        figure = charts.ring({"": shown(day)}, "A title", "$bn a year", alt=ALT, counters=["x"])
        for text in figure.axes[0].texts:
            if text.get_fontweight() == "bold" and text.get_text()[0].isupper():
                assert found.setdefault(text.get_text(), text.get_position()) == text.get_position()
    assert len(found) == len(PLACES)


def test_no_colour_carries_what_dash_and_words_do_not():
    lines = edges(charts.ring({"": shown("")}, "A title", "$bn a year", alt=ALT, counters=["x"]))
    allowed = {*ledger.open().companies.colour, style.MUTED, style.CONTEXT}
    assert {mpl.colors.to_hex(line.get_color()) for line in lines.values()} <= allowed


def test_a_party_without_a_place_is_refused():
    frame = shown("").assign(to="corning")
    with pytest.raises(ValueError, match="no place for corning"):
        charts.ring({"": frame}, "A title", "$bn a year", alt=ALT, counters=["x"])


def test_the_staircase_rises_to_its_totals(book):
    table = pd.DataFrame({"Others must find": [45.0, 90.0, 135.0], "Nvidia puts in": [10.0, 20.0, 30.0]}, index=[1, 2, 3])
    figure = charts.staircase(table, book.deals(companies=["nvda"]), "A title", "$bn", alt=ALT, across="gigawatts")
    sound(figure, book)
    tops = [max(line.get_ydata()) for line in figure.axes[0].lines[:2]]
    assert tops == [135, 30]
    assert any("$135bn" in text.get_text() for text in figure.axes[0].texts)
    assert charts.rows_drawn(figure).grade.eq("assumed").sum() == 6


def test_the_plane_has_its_points_under_or_over_the_ray(book):
    rows = book.observations("compute_capacity", companies=["openai"]).assign(across_value=[1.0, 2.0, 3.0], name=["2023", "2024", "2025"])
    figure = charts.plane(rows, [(2.0, "two a unit")], "A title", "GW", alt=ALT, across="units")
    sound(figure, book)
    ray = figure.axes[0].lines[0]
    assert ray.get_ydata()[-1] / ray.get_xdata()[-1] == pytest.approx(2)
