import itertools

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import figures
from outlay import charts, ledger, measures, style, units
from outlay.models import forecasts, guidance
from outlay.tools import build

ALT = "Line chart of something."


@pytest.fixture(scope="module")
def drawn(book):
    """One figure of each form, on real data."""
    capex, cloud = (book.quarters(name, since="2022-01-01") for name in ("capex", "cloud_revenue"))
    losses = book.observations("loss", companies=["openai"])
    runs = book.observations("annualised_revenue", companies=["openai"])
    plans = book.observations("revenue", companies=["openai"], stance="forward")
    latest = capex.groupby("company").tail(1)
    total = measures.total(capex)
    said = book.guidance("capex", companies=["meta", "googl", "orcl", "tsla"])
    judged = guidance.delivered(said, guidance.came(book, said))
    moved, over = guidance.moves(judged), guidance.once(judged[judged.outcome.notna() & judged.scope.eq("")])
    seasons = guidance.seasons(judged, 3).rename(columns={"mean": "value"}).assign(words="")
    bias = guidance.bias(judged, 5)
    spans = bias.assign(start=bias.months_ahead, end=bias.months_ahead + 3, value=bias["mean"], words=[f"n = {n}" for n in bias.statements])
    expected = forecasts.comparable(forecasts.annual(book.versions("capital_spending_forecast", stance="forward")))
    return {
        "spread over dates": charts.spread(moved.assign(value=moved.share), "published", seasons, "A title", "per cent", alt=ALT),
        "spread over months": charts.spread(
            over.assign(value=over.surprise / over.value), "months_ahead", spans, "A title", "per cent", alt=ALT, across="months before the year ended"
        ),
        "vintages": charts.vintages(expected, measures.trailing(total), "A title", "$bn a year", alt=ALT, actual_words="Spent by four firms"),
        "few vintages": charts.vintages(expected.head(3), measures.trailing(total), "A title", "$bn a year", alt=ALT, actual_words="Spent by four firms"),
        "lines": charts.lines(capex, "A title", "$bn a quarter", alt=ALT),
        "beside": charts.lines(total, "A title", "$bn a quarter", alt=ALT, beside=capex[capex.company == "msft"], references=[(100, "a hundred")]),
        "panels": charts.panels(capex, cloud, "A title", "$bn a quarter", alt=ALT, words=("Spent", "Cloud revenue")),
        "bars": charts.bars(latest, "A title", "$bn", alt=ALT),
        "bars of one": charts.bars(
            losses[losses.period == "2025"].assign(company=lambda rows: rows.metric), "A title", "$bn", alt=ALT, identity="openai"
        ),
        "ranges": charts.ranges(runs, "A title", "$bn", alt=ALT, rivals=book.versions("annualised_revenue", companies=["openai"])),
        "yearly ranges": charts.ranges(plans[plans.period.str.fullmatch(r"\d{4}")], "A title", "$bn", alt=ALT),
        "columns": charts.columns(capex[capex.company.isin(["googl", "msft", "meta", "amzn"])], "A title", "$bn a quarter", alt=ALT),
        "columns of one": charts.columns(
            plans[plans.period.str.fullmatch(r"\d{4}")], "A title", "$bn", alt=ALT, by="metric", identity="openai", value_words=units.money
        ),
        "multiples": charts.multiples(capex, "A title", "$bn a quarter", alt=ALT),
        "multiples apart": charts.multiples(capex, "A title", "$bn a quarter", alt=ALT, shared=False, across=3),
        "dots": charts.dots(runs.tail(6), "A title", "$bn", alt=ALT, names=runs.period.tail(6), reference=(15, "a line")),
        "dots on a log": charts.dots(latest, "A title", "$bn", alt=ALT, names=latest.company, logarithmic=True, muted=[0]),
        "curves": charts.curves(
            pd.DataFrame({"at 5%": [9.0, 5.0, 3.0], "at 10%": [10.0, 6.0, 4.0]}, index=[3, 5, 8]),
            latest,
            "A title",
            "$bn",
            alt=ALT,
            across="years",
            references=[(2, "today")],
            points=[(5, 5.0, "here")],
        ),
        "heat": charts.heat(
            pd.DataFrame([[1.0, 2000.0]], index=["30%"], columns=["3", "4"]),
            capex,
            "A title",
            "$bn",
            alt=ALT,
            rows="margin",
            columns="years",
            mark=lambda value: value < 2,
        ),
    }


FORMS = ["lines", "beside", "panels", "bars", "bars of one", "ranges", "yearly ranges", "columns", "columns of one", "multiples", "multiples apart"]
FORMS += ["dots", "dots on a log", "curves", "heat", "spread over dates", "spread over months", "vintages", "few vintages"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_keeps_the_house_rules(drawn, form, book):
    figures.sound(drawn[form], book)


@pytest.mark.parametrize("form", ["lines", "beside", "panels", "ranges", "columns", "multiples"])
def test_amounts_start_at_zero(drawn, form):
    assert all(axes.get_ylim()[0] == 0 for axes in drawn[form].axes)


@pytest.mark.parametrize("form", ["lines", "beside", "ranges"])
def test_colours_come_from_the_table_and_the_greys(drawn, form, book):
    allowed = {*book.companies.colour, style.INK, style.MUTED, style.CONTEXT, style.GRID, style.LABEL}
    for line in drawn[form].axes[0].lines:
        assert mpl.colors.to_hex(line.get_color()) in allowed


def test_every_line_is_named_in_place(drawn, book):
    words = {text.get_text() for text in drawn["lines"].axes[0].texts}
    assert {"Amazon", "Microsoft", "Alphabet", "Meta"} <= words


def test_a_hole_in_the_data_is_a_hole_in_the_line(book):
    capex = book.quarters("capex", companies=["msft"], since="2024-01-01")
    whole = charts.lines(capex, "A title", "$bn", alt=ALT)
    holed = charts.lines(capex[capex.period != "2025Q1"], "A title", "$bn", alt=ALT)
    count = [sum(len(line.get_xdata()) > 2 for line in figure.axes[0].lines) for figure in (whole, holed)]
    assert count == [1, 2]


def test_a_change_of_definition_breaks_the_line(book):
    figure = charts.lines(book.quarters("cloud_revenue", companies=["msft"], since="2022-01-01"), "A title", "$bn", alt=ALT)
    ends = [
        mpl.dates.num2date(
            line.get_xdata()[-1] if not isinstance(line.get_xdata()[-1], np.datetime64) else mpl.dates.date2num(line.get_xdata()[-1])
        ).date()
        for line in figure.axes[0].lines
        if len(line.get_xdata()) > 2
    ]
    assert pd.Timestamp("2023-06-30").date() in ends


def test_a_headline_falls_back_when_it_stops_being_true():
    say = {"otherwise": "A plain description"}
    assert charts.headline("A claim", holds=True, **say) == "A claim"
    assert charts.headline("A claim", holds=False, **say) == "A plain description"
    assert charts.headline("A claim", holds=float("nan"), **say) == "A plain description"


def test_a_title_that_does_not_fit_is_refused(book):
    capex = book.quarters("capex")
    with pytest.raises(ValueError, match="at most 12"):
        charts.lines(capex, "one two three four five six seven eight nine ten eleven twelve thirteen", "$bn", alt=ALT)
    with pytest.raises(ValueError, match="wider than the chart"):
        charts.lines(capex, "Extraordinarily uncompromisingly incomprehensible internationalisation characteristics", "$bn", alt=ALT)


def test_an_empty_chart_is_refused():
    nothing = ledger.open(as_of="2013-01-01").quarters("capex")
    with pytest.raises(ValueError, match="nothing to draw"):
        charts.lines(nothing, "A title", "$bn", alt=ALT)


def test_press_figures_are_hollow_and_stated_ones_filled(book):
    runs = book.observations("annualised_revenue", companies=["openai"])
    axes = charts.ranges(runs, "A title", "$bn", alt=ALT).axes[0]
    dots = {mpl.colors.to_hex(line.get_markerfacecolor()): len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"}
    assert dots["#ffffff"] == (runs.grade == "press").sum()
    assert dots[book.companies.colour["openai"]] == (runs.grade == "stated").sum()


def test_showing_writes_the_forms_with_the_rows_and_their_documents(book, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTLAY_OUTPUT", str(tmp_path))
    capex = book.quarters("capex", companies=["msft"], since="2024-01-01")
    charts.show(charts.lines(capex, "A title with $5 and $6", "$bn", alt="Alt & text."), "99_test")
    folder = tmp_path / "figures"
    assert sorted(path.name for path in folder.iterdir()) == ["99_test.csv", "99_test.png", "99_test.svg", "99_test.txt", "outlined"]
    svg = (folder / "99_test.svg").read_text(encoding="utf-8")
    assert "A title with $5 and $6" in svg
    assert "Alt &amp; text." in svg
    assert "<dc:date>" not in svg
    outlined = (folder / "outlined" / "99_test.svg").read_text(encoding="utf-8")
    assert (svg.count("<text"), outlined.count("<text")) == (svg.count("</text>"), 0)
    assert svg.count("<text") > 5
    table = pd.read_csv(folder / "99_test.csv")
    assert table.value.tolist() == capex.value.tolist()
    assert table.facts.str.startswith("msft/capex_cash/").all()
    assert (folder / "99_test.txt").read_text(encoding="utf-8") == "Alt & text.\n"
    assert charts.written().chart.tolist()[-1] == "99_test"


def test_two_exports_are_the_same_bytes(book, tmp_path, monkeypatch):
    capex = book.quarters("capex", companies=["msft", "amzn"], since="2024-01-01")
    written = []
    for place in ("one", "two"):
        monkeypatch.setenv("OUTLAY_OUTPUT", str(tmp_path / place))
        charts.show(charts.lines(capex, "A title", "$bn", alt=ALT), "99_test")
        written.append({path.name: path.read_bytes() for path in (tmp_path / place).rglob("*.*g")})
    assert written[0] == written[1]
    assert len(written[0]) == 2 or len(written[0]) == 3


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8).map(sorted))
def test_labels_are_pushed_apart_and_keep_their_order(heights):
    out = charts.canvas.apart(heights, 5.0)
    assert all(later - former >= 5 - 1e-9 for former, later in itertools.pairwise(out))
    if all(later - former >= 5 for former, later in itertools.pairwise(heights)):
        assert out == pytest.approx(heights)


def _simulated(colour, matrix):
    linear = np.where((rgb := np.array(mpl.colors.to_rgb(colour))) <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(matrix) @ linear, 0, 1)
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]) @ linear
    f = np.cbrt(xyz / np.array([0.95047, 1.0, 1.08883]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes (2009), severity 1: what protanopes and deuteranopes see
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("vision", VISIONS)
def test_palette_survives_colour_blindness(book, vision):
    colours = [*book.companies.colour[book.companies.colour != ""], style.INK]
    for one, other in itertools.combinations(colours, 2):
        distance = np.linalg.norm(_simulated(one, VISIONS[vision]) - _simulated(other, VISIONS[vision]))
        assert distance > 20, (one, other, distance)


def test_a_label_may_wear_its_colour(book):
    for colour in book.companies.colour[book.companies.colour != ""]:
        rgb = np.array(mpl.colors.to_rgb(colour))
        luminance = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) >= 4.5, colour


@pytest.fixture(scope="module")
def judged(book):
    said = book.guidance("capex", companies=["meta", "msft", "orcl"])
    out = guidance.delivered(said, guidance.came(book, said))
    return out[out.scope.eq("") & ((out.period_end - out.period_start).dt.days > 360)]


def test_a_ladder_has_a_panel_a_firm_a_bar_a_range_and_a_diamond_an_outcome(judged):
    figure = charts.ladder(judged, "Guidance", "$bn a year", alt="Ladder.")
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["Microsoft", "Meta", "Oracle"] or len(figure.axes) == 3
    meta = next(axes for axes in figure.axes if "Meta" in [text.get_text() for text in axes.texts])
    rows = judged[judged.company == "meta"]
    segments = sum(len(lines.get_segments()) for lines in meta.collections)
    assert segments == (rows.low.notna() & rows.high.notna()).sum()
    diamonds = [line for line in meta.lines if line.get_marker() == "D"]
    assert len(diamonds) == rows[rows.outcome.notna()].period_end.nunique()
    assert meta.get_ylim()[0] == 0


def test_a_figure_on_another_definition_is_starred_and_not_joined(judged):
    figure = charts.ladder(judged[judged.company == "msft"], "Guidance", "$bn a year", alt="Ladder.")
    axes = figure.axes[0]
    assert {"2026", "2026*"} <= {text.get_text() for text in axes.texts}
    joined = [line for line in axes.lines if len(line.get_xdata()) > 1 and line.get_linewidth() == 1.0]
    assert not joined


def test_names_of_points_do_not_cover_each_other(judged):
    figure = charts.ladder(judged, "Guidance", "$bn a year", alt="Ladder.")
    for axes in figure.axes:
        figure.canvas.draw()
        boxes = [mpl.text.Text.get_window_extent(text, figure.canvas.get_renderer()) for text in axes.texts if text.get_fontsize() == 6.5]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_misses_put_what_came_at_a_hundred(judged):
    over = judged[judged.outcome.notna()]
    figure = charts.misses(over, "Misses", "per cent", alt="Dots.")
    axes = figure.axes[0]
    assert len(axes.get_yticklabels()) == len(over.groupby(["company", "period_end", "metric"]))
    first = over[over.company == "meta"].sort_values(["period_end", "published"]).groupby("period_end").head(1)
    drawn = {round(float(line.get_xdata()[0]), 6) for line in axes.lines if line.get_marker() == "o" and line.get_markerfacecolor() == "white"}
    assert {round(100 * row.value / row.outcome, 6) for row in first.itertuples()} <= drawn


def test_bars_leave_room_for_the_words_at_their_ends(book):
    losses = book.observations("loss", companies=["openai"])
    losses = losses[losses.period == "2025"]
    figure = charts.bars(
        losses, "Losses", "$bn", alt="Bars.", value_words=lambda value: f"a very long way of saying {value}", names=dict.fromkeys(losses.period, "x")
    )
    figure.canvas.draw()
    for text in figure.axes[0].texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1


def test_a_computed_range_is_drawn(book):
    losses = book.observations("operating_loss", companies=["openai"])
    losses = losses[losses.period == "2026Q1"]
    figure = charts.bars(losses, "Loss", "$bn", alt="Bars.")
    assert [list(line.get_xdata()) for line in figure.axes[0].lines if list(line.get_xdata()) == [9.05, 9.35]]


def test_muted_bars_are_grey(book):
    capex = book.quarters("capex", since="2026-04-01", companies=["msft", "meta"])
    figure = charts.bars(capex, "Spending", "$bn", alt="Bars.", muted=["meta"])
    edges = [mpl.colors.to_hex(patch.get_edgecolor()) for patch in figure.axes[0].patches]
    assert edges.count(style.CONTEXT) == 1 or edges.count(mpl.colors.to_hex(style.CONTEXT)) == 1


def test_the_rows_drawn_say_how_a_figure_was_said_and_whose_its_range_is(book):
    losses = book.observations("operating_loss", companies=["openai"])
    figure = charts.bars(losses[losses.period == "2026Q1"], "Loss", "$bn", alt="Bars.")
    row = charts.rows_drawn(figure).iloc[0]
    assert (row.relation, row.low, row.high, row.bounds) == ("=", 9.05, 9.35, "computed")


def test_the_rows_of_guidance_hold_what_came_with_its_own_documents(judged):
    over = judged[judged.outcome.notna()]
    for figure in (charts.ladder(judged, "Guidance", "$bn a year", alt="Ladder."), charts.misses(over, "Misses", "per cent", alt="Dots.")):
        rows = charts.rows_drawn(figure)
        came = rows[rows.stance == "actual"].set_index(["company", "period"])
        assert len(came) == len(over.drop_duplicates(["company", "metric", "period"]))
        assert came.value["meta", "2022"] == pytest.approx(32.036)
        assert "finance_lease_principal" in came.facts["meta", "2022"] and "capex_as_stated/2022" not in came.facts["meta", "2022"]


def test_columns_stack_to_the_sum_and_leave_out_what_is_not_whole(book):
    capex = book.quarters("capex", companies=["msft", "googl"], since="2024-01-01")
    holed = capex[~((capex.company == "googl") & (capex.period == "2025Q1"))]
    figure = charts.columns(holed, "A title", "$bn", alt=ALT)
    tops = {round(patch.get_x(), 3): 0.0 for patch in figure.axes[0].patches}
    for patch in figure.axes[0].patches:
        tops[round(patch.get_x(), 3)] += patch.get_height()
    sums = holed[holed.period != "2025Q1"].groupby("period_end").value.sum()
    assert sorted(tops.values()) == pytest.approx(sorted(sums))


def test_negative_parts_hang_below_zero(book):
    capex = book.quarters("capex", companies=["msft", "googl"], since="2025-01-01")
    down = capex.assign(value=capex.value.where(capex.company == "msft", -capex.value))
    axes = charts.columns(down, "A title", "$bn", alt=ALT, order=["msft", "googl"]).axes[0]
    assert axes.get_ylim()[0] < 0
    assert all(patch.get_y() == 0 for patch in axes.patches)


def test_dots_are_hollow_where_nobody_signed_and_point_where_a_floor_leaves_room(book):
    runs = book.observations("annualised_revenue", companies=["openai"]).tail(4).assign(relation=["≥", "=", "≤", "="], grade=["press", "stated"] * 2)
    axes = charts.dots(runs, "A title", "$bn", alt=ALT, names=runs.period).axes[0]
    marks = [line for line in axes.lines if line.get_marker() in "o<>"]
    assert [line.get_marker() for line in marks] == [">", "o", "<", "o"]
    assert [line.get_markerfacecolor() == "white" for line in marks] == [True, False, True, False]


def test_the_points_of_a_curve_are_written_as_assumed_with_the_facts_behind_them(book):
    capex = book.quarters("capex", companies=["msft"], since="2025-07-01")
    table = pd.DataFrame({"at 10%": [5.0, 3.0]}, index=[3, 5])
    rows = charts.rows_drawn(charts.curves(table, capex, "A title", "$bn", alt=ALT, across="years"))
    assert rows[rows.grade == "assumed"].value.tolist() == [5.0, 3.0]
    assert rows.facts.str.len().gt(0).all()


def test_bars_with_ranges_say_both_ends_and_keep_their_names(book):
    rows = book.quarters("capex", companies=["msft", "googl"], since="2026-04-01").assign(low=10.0, high=99.0, bounds="computed")
    axes = charts.bars(rows, "A title", "$bn", alt=ALT).axes[0]
    assert {label.get_text() for label in axes.get_yticklabels()} == {"Microsoft", "Alphabet"}
    assert all("($10bn–$99bn)" in text.get_text() for text in axes.texts)


def test_spans_write_both_ends_and_an_arrow_where_nothing_bounds(book):
    rows = book.quarters("capex", companies=["msft"], since="2025-07-01").head(3)
    rows = rows.assign(low=[1.0, 20.0, 30.0], high=[2.0, 25.0, float("inf")], bounds="computed")
    figure = charts.spans(rows, "A title", "$bn", alt=ALT, printed=rows.head(1))
    figures.sound(figure, book)
    assert [text.get_text() for text in figure.axes[0].texts] == ["1–2", "25", "20", "↑", "30"]


def test_dots_on_both_sides_of_zero_keep_their_words_on_the_canvas(book):
    grown = measures.growth(book.quarters("revenue", companies=["tsla", "meta"], since="2021-01-01")).tail(8).reset_index(drop=True)
    grown["value"] = [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4]
    figure = charts.dots(grown, "A title", "Points", alt=ALT, names=grown.period, value_words=units.points)
    figures.sound(figure, book)
    axes = figure.axes[0]
    assert all(text.get_window_extent().x1 <= axes.get_window_extent().x1 + 1 for text in axes.texts)


def test_vintages_stand_in_the_order_of_their_publication_beside_what_had_been_spent(drawn, book):
    expected = forecasts.comparable(forecasts.annual(book.versions("capital_spending_forecast", stance="forward")))
    axes = drawn["vintages"].axes[0]
    points = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert [round(line.get_xdata()[0], 6) for line in points] == expected.sort_values(["published", "value", "author"]).value.round(6).tolist()
    hollow = [mpl.colors.to_hex(line.get_markerfacecolor()) == "#ffffff" for line in points]
    assert sum(hollow) == expected.counts.eq("AI only").sum()
    assert sum(line.get_marker() == "s" for line in points) == expected.whose.eq("world").sum()
    spent = next(line for line in axes.lines if mpl.colors.to_hex(line.get_color()) == style.INK and len(line.get_xdata()) > 2)
    assert list(spent.get_xdata()) == sorted(spent.get_xdata()) and len(spent.get_xdata()) == 2 * len(expected)
    rows = charts.rows_drawn(drawn["vintages"])
    assert rows[rows.stance == "actual"].period_end.max() <= expected.published.max()


def test_a_forecast_without_a_mark_is_refused(book):
    expected = forecasts.annual(book.versions("capital_spending_forecast", stance="forward"))
    other = expected[expected.counts.eq("increase")]
    spent = measures.trailing(measures.total(book.quarters("capex", companies=["msft"])))
    with pytest.raises(ValueError, match="no mark"):
        charts.vintages(other, spent, "A title", "$bn", alt=ALT, actual_words="Spent")


def test_a_spread_has_a_dot_a_statement_and_a_bar_a_mean_that_is_known(book):
    said = book.guidance("capex", companies=["meta", "googl", "tsla"])
    moved = guidance.moves(guidance.revisions(said))
    seasons = guidance.seasons(guidance.revisions(said), 3).rename(columns={"mean": "value"}).assign(words="")
    axes = charts.spread(moved.assign(value=moved.share), "published", seasons, "A title", "per cent", alt=ALT).axes[0]
    dots = [line for line in axes.lines if line.get_marker() in ("o", "^")]
    assert sum(len(line.get_xdata()) for line in dots) == len(moved)
    assert sum(len(line.get_xdata()) for line in dots if line.get_marker() == "^") == moved.relation.eq("≥").sum()
    assert sum(len(bars.get_segments()) for bars in axes.collections) == seasons.value.notna().sum() > 0
    names = [text.get_text() for text in axes.texts]
    assert names.count("Meta") == names.count("Alphabet") == 1 and names.count("Tesla") > 1


def test_the_axis_reaches_as_far_as_a_reference_or_its_words_would_stand_in_the_title(book):
    low = measures.total(book.quarters("capex", since="2022-01-01"))
    figure = charts.lines(low, "A title", "$bn a quarter", alt=ALT, references=[(low.value.max() * 1.2, "a line")])
    figures.sound(figure, book)
    assert figure.axes[0].get_ylim()[1] > low.value.max() * 1.2


@pytest.mark.parametrize("form", [charts.columns, charts.multiples])
def test_a_year_stands_under_its_own_columns(book, form):
    quarters = book.quarters("capex", companies=["msft", "googl"], since="2022-01-01")
    axes = form(quarters, "A title", "$bn a quarter", alt=ALT).axes[0]
    last_of_year = quarters.period_end[quarters.period.str.endswith("Q4")].drop_duplicates()
    half = pd.Timedelta(days=30)  # less than half a column
    for place in axes.get_xticks():
        day = pd.Timestamp(mpl.dates.num2date(place).replace(tzinfo=None))
        assert not ((last_of_year - day).abs() < half).any(), day


def test_a_panel_that_ends_in_another_quarter_than_most_says_so(book):
    quarters = book.quarters("capex", companies=["msft", "googl", "meta"], since="2024-01-01")
    late = quarters[(quarters.company != "meta") | (quarters.period <= "2025Q1")]
    words = [text.get_text() for axes in charts.multiples(late, "A title", "$bn a quarter", alt=ALT).axes for text in axes.texts]
    assert "Q1 2025" in words
    even = quarters[quarters.period <= "2025Q1"]
    assert not any("Q1" in text.get_text() for axes in charts.multiples(even, "A title", "$bn a quarter", alt=ALT).axes for text in axes.texts)


def test_a_lone_quarter_at_the_edge_is_a_whole_dot(book):
    quarters = book.quarters("capex", companies=["msft"], since="2024-01-01")
    alone = pd.concat([quarters.iloc[:3], quarters.tail(1)])
    dots = [line for line in charts.lines(alone, "A title", "$bn a quarter", alt=ALT).axes[0].lines if line.get_marker() == "o"]
    assert dots
    assert not any(dot.get_clip_on() for dot in dots)


def test_an_axis_of_curves_says_no_number_twice(book):
    table = pd.DataFrame({"a line": [1.0, 2.0, 3.0]}, index=[2023.85, 2025.0, 2026.75])
    frame = book.quarters("capex", since="2026-01-01")
    figure = charts.curves(table, frame, "A title", "$bn", alt=ALT, across="", across_words="{:.0f}".format)
    figure.draw_without_rendering()
    words = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(set(words)) == len(words) and {"2024", "2025", "2026"} <= set(words)


def test_no_name_of_a_plan_lies_on_a_line_of_plans(book):
    said = book.versions("revenue", companies=["openai"], stance="forward")
    said = said[said.period.str.fullmatch(r"\d{4}") & said.published.notna()].sort_values(["period", "published"], ignore_index=True)
    path = said.assign(step="", scope="", outcome=float("nan"), outcome_grade="", proof=None)
    figure = charts.ladder(path, "A title", "$bn, logarithmic", alt=ALT, logarithmic=True)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    names = [text for text in axes.texts if text.get_text().isdigit()]
    assert len(names) == path.period.nunique()
    for line in (line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1):
        corners = axes.transData.transform(line.get_xydata())
        road = np.concatenate([one + (other - one) * np.linspace(0, 1, 60)[:, None] for one, other in itertools.pairwise(corners)])
        for text in names:
            box = text.get_window_extent()
            assert not ((road > (box.x0, box.y0 + 1)) & (road < (box.x1, box.y1 - 1))).all(axis=1).any(), text.get_text()


def test_what_stamps_a_picture_is_reached_by_every_notebook_that_draws():
    # or a change of a module would make other pictures in a fresh clone, while the notebook that shows them counts as up to date
    cell = nbformat.v4.new_code_cell("from outlay import charts")
    reached = build.reached(nbformat.v4.new_notebook(cells=[cell]))
    assert set(charts.files.drawing()) <= set(reached)
