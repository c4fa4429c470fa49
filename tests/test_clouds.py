import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import measures
from outlay.models import clouds

amounts = st.floats(1, 1000)
growths = st.floats(0.01, 1)


def test_increments_give_what_the_releases_of_june_2024_print():
    assert round(clouds.increment(26.281, 22.140), 2) == 4.14  # AWS
    google = clouds.increment(10.347, 8.031)
    assert google == pytest.approx(2.33, abs=0.02)  # 2.33 follows from the printed growth of 29 per cent
    assert clouds.cost_of_added_dollar(13.2, 2.33) == pytest.approx(5.7, abs=0.05)
    assert clouds.cost_of_added_dollar(13.186, google) == pytest.approx(5.7, abs=0.05)


def test_the_ledger_gives_these_increments(book):
    quarters = book.quarters("cloud_revenue", companies=["amzn", "googl"])
    added = clouds.added(quarters).set_index(["company", "period"]).value
    assert added["amzn", "2024Q2"] == pytest.approx(4.14, abs=0.005)
    assert added["googl", "2024Q2"] == pytest.approx(2.33, abs=0.02)


def test_the_share_of_growth_is_the_published_one():
    assert round(clouds.share_of_growth(8, 0.29), 2) == 0.28


@given(amounts, growths, st.floats(0, 1), st.floats(0, 1))
def test_a_level_turns_the_definition_of_a_contribution_round(base, growth, share, part):
    before, points = share * base, part * growth * 100
    now = clouds.level(before, points, base)
    assert (now - before) / base * 100 == pytest.approx(points, abs=1e-9)
    assert clouds.share_of_whole(share, points, growth) * base * (1 + growth) == pytest.approx(now)


def test_equal_points_make_a_level_that_rises_ever_faster():
    base, levels = 10.0, [0.0]
    for _ in range(4):
        levels.append(clouds.level(levels[-1], 8, base))
        base *= 1.3
    steps = pd.Series(levels).diff().dropna()
    assert steps.is_monotonic_increasing and steps.iloc[-1] > 2 * steps.iloc[0]


@given(st.floats(0.02, 0.2), st.floats(0.1, 0.9))
def test_added_capital_earns_what_the_value_driver_formula_says(growth, reinvested):
    # growth = return on new capital x rate of investment (Koller, Goedhart and Wessels)
    profit, capital = 100.0, 800.0
    invested = reinvested * profit
    later = profit * (1 + growth)
    assert clouds.return_on_added_capital(later, profit, capital + invested, capital) * reinvested == pytest.approx(growth)


def test_tax_lowers_a_return_in_proportion():
    plain = clouds.return_on_added_capital(24, 20, 120, 100)
    assert clouds.return_on_added_capital(24, 20, 120, 100, tax=0.21) == pytest.approx(0.79 * plain)


@pytest.mark.parametrize(
    "call",
    [
        lambda: clouds.cost_of_added_dollar(1, 0),
        lambda: clouds.share_of_growth(8, -0.1),
        lambda: clouds.redrawing(12, 0),
        lambda: clouds.return_on_added_capital(2, 1, 5, 5),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(ValueError, match="must"):
        call()


def test_no_increment_crosses_a_redrawing(book):
    added = clouds.added(*(book.quarters("cloud_revenue", basis=name, companies=["msft"]) for name in ("current_segments", "original_segments")))
    assert added.period.is_unique
    one = added.set_index("period").value
    assert one["2024Q2"] == pytest.approx(28.515 - 23.993)  # both as first drawn
    assert one["2024Q3"] == pytest.approx(24.092 - 20.013)  # both as redrawn


def test_every_lag_is_judged_by_the_same_quarters_and_too_few_are_refused(book):
    capex, cloud = (book.quarters(name, companies=["amzn"]) for name in ("capex", "cloud_revenue"))
    table, rows = clouds.by_lag(capex, measures.change(cloud), range(9))
    assert table.quarters.eq(clouds.ENOUGH).all() and table.cost.notna().all()
    assert rows.groupby("lag").period.agg(tuple).nunique() == 1
    row = rows[rows.lag == 4].iloc[-1]
    spent, added = capex.set_index("period").value, measures.change(cloud).set_index("period").value
    year_before = f"{int(row.period[:4]) - 1}{row.period[4:]}"
    assert row.value == pytest.approx(spent[year_before] / added[row.period])
    few, none = clouds.by_lag(capex, measures.change(cloud).tail(clouds.ENOUGH - 1), [0, 4])
    assert few.quarters.tolist() == [clouds.ENOUGH - 1] * 2
    assert few.cost.isna().all() and none.empty


def test_a_quarter_that_one_lag_lacks_counts_at_none(book):
    capex, cloud = (book.quarters(name, companies=["amzn"]) for name in ("capex", "cloud_revenue"))
    newest = measures.change(cloud).tail(clouds.ENOUGH)
    late = capex[capex.period_end >= newest.period_end.min()]  # nothing is known from before the first of them
    assert clouds.by_lag(late, newest, [0])[0].cost.notna().all()
    assert clouds.by_lag(late, newest, [0, 1])[0].cost.isna().all()


@pytest.fixture(scope="module")
def rebuilt(book):
    points, growth = (measures.rounded(book, book.observations(names)) for names in (clouds.POINTS, clouds.AZURE_GROWTH))
    azure = clouds.quarters_of_year(book.observations("azure_revenue").iloc[0], book.quarters("intelligent_cloud_revenue"))
    past = clouds.year_before(azure, growth)
    shares, lift = clouds.ai_shares(points, growth), clouds.redrawn(points, growth)
    levels = clouds.ai_levels(shares, pd.concat([clouds.year_before(past, growth), past, azure]), lift)
    return {"shares": shares, "levels": levels.set_index("period"), "azure": azure, "past": past, "points": points}


def test_azures_quarters_add_up_to_the_year_and_grow_as_the_year_did(rebuilt):
    assert rebuilt["azure"].value.sum() == pytest.approx(75)
    assert 75 / rebuilt["past"].value.sum() - 1 == pytest.approx(0.34, abs=0.005)  # said of the year, and not used


def test_the_rebuilt_level_agrees_with_what_was_said_apart_from_it(rebuilt):
    levels = rebuilt["levels"]
    now, before = levels.loc["2024Q4"], levels.loc["2023Q4"]
    assert now.low / before.high - 1 < 1.57 < now.high / before.low - 1  # growth of Azure's AI services, said for that quarter
    assert 4 * now.value < 13 < 4 * 1.5 * now.value  # all of Microsoft's AI had passed a pace of 13
    assert (levels.low < levels.value).all() and (levels.value < levels.high).all()


def test_the_rebuilt_level_holds_to_the_formula_quarter_by_quarter(rebuilt):
    levels, past = rebuilt["levels"].value, rebuilt["past"].set_index("period").value
    points = rebuilt["points"].set_index("period").value
    for period in ("2024Q3", "2024Q4", "2025Q1"):
        before = f"{int(period[:4]) - 1}{period[4:]}"
        assert levels[period] == pytest.approx(clouds.level(levels[before], points[period], past[before]))


def test_the_level_is_a_floor_and_carries_its_documents(rebuilt, book):
    levels = rebuilt["levels"]
    assert set(levels.relation) == {"≥"}
    titles = " ".join(book.documents(levels.facts["2025Q1"]).index)
    assert "msft-call-2025-04-30" in titles and "msft-call-2025-07-30" in titles


def test_a_hole_in_the_points_is_a_hole_a_year_later(book):
    points, growth = (book.observations(names) for names in (clouds.POINTS, clouds.AZURE_GROWTH))
    kept = clouds.ai_shares(points[points.period != "2023Q4"], growth).period.tolist()
    assert "2024Q4" not in kept and "2025Q1" in kept


def test_a_part_is_not_divided_out_of_another_unit(book):
    with pytest.raises(ValueError, match="mix"):
        clouds.divided(book.observations("azure_growth"), book.observations(clouds.POINTS))


def test_microsofts_return_on_added_property_is_the_two_changes(book):
    profit = measures.trailing(book.quarters("operating_income", companies=["msft"]))
    capital = measures.at_quarter_ends(book.observations("property_and_equipment", companies=["msft"]), profit)
    row = clouds.returns(profit, capital, 8).set_index("period").loc["2026Q2"]
    assert row.value == pytest.approx((155.237 - 109.433) / (313.076 - 135.591), abs=1e-4)  # 10-K of June 2026 and of June 2024


def test_the_frames_are_made_by_the_formulas_that_were_checked(book):
    capex, cloud = (book.quarters(name, companies=["googl"]) for name in ("capex", "google_cloud_revenue"))
    _, behind = clouds.by_lag(capex, measures.change(cloud), [0, 4])
    row = behind[behind.lag == 4].iloc[-1]
    spent, sold = (frame.set_index("period").value for frame in (capex, cloud))
    earlier = f"{int(row.period[:4]) - 1}{row.period[4:]}"
    assert row.value == pytest.approx(clouds.cost_of_added_dollar(spent[earlier], sold[row.period] - sold[earlier]))
    profit = measures.trailing(book.quarters("operating_income", companies=["msft"]))
    held = measures.at_quarter_ends(book.observations("property_and_equipment", companies=["msft"]), profit)
    last = clouds.returns(profit, held, 8).iloc[-1]
    years, books = (frame.set_index("period").value for frame in (profit, held))
    before = f"{int(last.period[:4]) - 2}{last.period[4:]}"
    assert last.value == pytest.approx(clouds.return_on_added_capital(years[last.period], years[before], books[last.period], books[before]))
