"""Charts of two moments."""

import pandas as pd
import pytest

import figures
from outlay import charts, style, units


@pytest.fixture(scope="module")
def moments(book):
    rows = book.quarters("capex", companies=["msft", "googl", "aapl"], since="2024-07-01")
    return [rows[rows.period == quarter].sort_values("value", ascending=False) for quarter in ("2024Q3", "2025Q3")]


def drawn(then, now):
    return charts.shifts(then, now, "Three firms", "Capital spending, $bn", alt=figures.ALT, words=("a year before", "now"), value_words=units.money)


def dots(figure):
    return [line for line in figure.axes[0].lines if line.get_marker() == "o"]


def test_a_chart_of_two_moments_keeps_the_house_rules(moments, book):
    figures.sound(drawn(*moments), book)
    figures.sound(drawn(*(frame.assign(value=frame.value.to_numpy()[::-1]) for frame in moments)), book)  # where they fall


def test_each_row_has_its_two_dots_where_its_figures_are(moments):
    then, now = moments
    found = {(round(line.get_xdata()[0], 6), line.get_ydata()[0]) for line in dots(drawn(then, now))}
    order = list(now.company)
    wanted = {(round(row.value, 6), order.index(row.company)) for frame in moments for row in frame.itertuples()}
    assert found == wanted


def test_a_firm_without_a_past_has_one_dot(moments, book):
    then, now = moments
    figure = drawn(then[then.company != now.company.iloc[0]], now)
    figures.sound(figure, book)
    assert len(dots(figure)) == 2 * len(now) - 1


def test_what_nobody_signed_for_is_hollow_and_a_firm_without_a_colour_is_ink(moments):
    then, now = moments
    figure = drawn(then, now.assign(grade=["press" if company == "msft" else "filed" for company in now.company]))
    faces = {line.get_ydata()[0]: (line.get_markerfacecolor(), line.get_color()) for line in dots(figure) if line.get_markersize() > 6}
    order = list(now.company)
    assert faces[order.index("msft")][0] == "white"
    assert faces[order.index("aapl")] == (style.INK, style.INK)


def test_figures_below_zero_keep_their_words_inside(moments, book):
    then, now = moments
    figures.sound(drawn(then.assign(value=-then.value), now), book)
    assert pd.notna(drawn(then.assign(value=-then.value), now).axes[0].get_xlim()[0])
