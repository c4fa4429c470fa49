import matplotlib as mpl
import matplotlib.dates as mdates
import pandas as pd
import pytest

import figures
from outlay import charts, style


@pytest.fixture
def spending(book):
    return book.quarters("capex", companies=["msft", "orcl"], since="2023-01-01")


def test_rings_stand_on_the_points_and_their_rows_are_drawn(spending, book):
    figure = charts.lines(spending, "A title", "$bn a quarter", alt=figures.ALT, highlight=["msft", "orcl"])
    before = len(charts.rows_drawn(figure))
    last = spending.groupby("company").tail(1)
    charts.rings(figure, last, scale=1)
    marks = {mpl.colors.to_hex(line.get_color()): line for line in figure.axes[0].lines[-2:]}
    assert set(marks) == {"#356fd4", style.INK}  # a firm without a colour is drawn in ink where it is highlighted
    for line in marks.values():
        assert line.get_markerfacecolor() == "white" and line.get_ydata()[0] in last.value.tolist()
    assert len(charts.rows_drawn(figure)) == before + 2
    figures.sound(figure, book)


def test_no_rings_leave_a_chart_as_it_was(spending):
    figure = charts.lines(spending, "A title", "$bn a quarter", alt=figures.ALT)
    count = len(figure.axes[0].lines)
    charts.rings(figure, spending.head(0))
    assert len(figure.axes[0].lines) == count


@pytest.mark.parametrize("form", [charts.lines, charts.columns])
def test_a_moment_stands_at_its_date_over_all_that_is_drawn(form, spending, book):
    figure = form(spending[spending.company == "msft"], "A title", "$bn a quarter", alt=figures.ALT)
    date = pd.Timestamp("2024-08-15")
    charts.moment(figure, date, "redrawn")
    axes = figure.axes[0]
    assert axes.lines[-1].get_xdata()[0] == mdates.date2num(date)
    words = axes.texts[-1]
    assert words.get_text() == "redrawn" and axes.get_ylim()[0] == 0
    bottom = axes.transData.inverted().transform((0, words.get_window_extent(figure.canvas.get_renderer()).y0))[1]
    assert bottom > spending[spending.company == "msft"].value.max()
    figures.sound(figure, book)


def test_a_moment_outside_the_axis_is_not_drawn(spending):
    figure = charts.lines(spending, "A title", "$bn a quarter", alt=figures.ALT)
    count = len(figure.axes[0].lines)
    charts.moment(figure, pd.Timestamp("2010-01-01"), "long ago")
    assert len(figure.axes[0].lines) == count
