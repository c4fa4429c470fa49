import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import ledger, measures


def frame(company="a", first="2024Q1", values=(1.0, 2.0, 3.0, 4.0, 5.0), **marks):
    """A frame as the ledger gives it, a row a quarter; None leaves the quarter out."""
    quarters = pd.period_range(first, periods=len(values), freq="Q")
    rows = [
        {
            "company": company,
            "metric": "m",
            "period": str(q),
            "period_start": q.start_time.normalize(),
            "period_end": q.end_time.normalize(),
            "value": value,
            "low": float("nan"),
            "high": float("nan"),
            "unit": "USD bn",
            "stance": "actual",
            "grade": "filed",
            "how": "printed",
            "facts": (number,),
            "kind": "flow",
            "basis": "cash",
            "relation": "=",
            "recast": False,
            "bounds": "",
            "said_by": "",
            "scope": "",
            "stand_in": False,
        }
        | marks
        for number, (q, value) in enumerate(zip(quarters, values, strict=True))
        if value is not None
    ]
    return pd.DataFrame(rows)


def both(*frames):
    return pd.concat(frames, ignore_index=True)


def test_a_total_adds_the_companies_of_a_quarter_and_all_their_facts():
    out = measures.total(both(frame(), frame("b", values=(10.0, 20.0, 30.0, 40.0, 50.0))))
    assert out.value.tolist() == [11, 22, 33, 44, 55]
    assert out.facts.iloc[1] == (1,)
    assert set(out.how) == {"derived"}


def test_a_total_leaves_out_a_quarter_that_a_company_lacks():
    out = measures.total(both(frame(), frame("b", values=(1.0, None, 1.0))))
    assert out.period.tolist() == ["2024Q1", "2024Q3"]


def test_a_total_takes_the_weakest_grade():
    assert set(measures.total(both(frame(), frame("b", grade="press"))).grade) == {"press"}


@pytest.mark.parametrize(
    ("mark", "value", "remedy"),
    [
        ("kind", "run_rate", "named conversion"),
        ("unit", "share", "Convert first"),
        ("stance", "forward", "never joins"),
        ("basis", "as_stated", "one basis"),
    ],
)
def test_unlike_things_are_not_added_and_the_refusal_says_what_to_do(mark, value, remedy):
    with pytest.raises(ValueError, match=remedy):
        measures.total(both(frame(), frame("b", **{mark: value})))


def test_fiscal_quarters_of_different_years_are_not_added(book):
    with pytest.raises(ValueError, match="calendar='overlap'"):
        measures.total(book.quarters("capex", calendar="fiscal"))
    alike = book.quarters("capex", calendar="fiscal", companies=["amzn", "googl"])
    assert len(measures.total(alike))


def test_a_trailing_year_needs_four_quarters_in_a_row():
    assert measures.trailing(frame()).value.tolist() == [10, 14]
    assert measures.trailing(frame(values=(1.0, 2.0, None, 4.0, 5.0, 6.0))).empty


def test_a_trailing_year_never_crosses_a_change_of_definition():
    changed = frame()
    changed.loc[2:, "metric"] = "other"
    assert measures.trailing(changed).empty


def test_a_trailing_year_covers_its_four_quarters():
    out = measures.trailing(frame())
    assert out.period_start.iloc[0] == pd.Timestamp("2024-01-01")
    assert out.facts.iloc[0] == (0, 1, 2, 3)


def test_stocks_and_run_rates_do_not_add_up_over_time():
    with pytest.raises(ValueError, match="does not add up over time"):
        measures.trailing(frame(kind="run_rate"))


def test_growth_is_within_one_definition_and_from_a_positive_base():
    assert measures.growth(frame()).value.tolist() == [4.0]
    assert measures.growth(frame(values=(-1.0, 2.0, 3.0, 4.0, 5.0))).empty
    changed = frame()
    changed.loc[4, "metric"] = "other"
    assert measures.growth(changed).empty


def test_growth_does_not_cross_a_recast():
    recast = frame()
    recast.loc[0, "recast"] = True
    assert measures.growth(recast).empty
    recast["recast"] = True
    assert len(measures.growth(recast)) == 1


def test_teslas_growth_from_quarters_that_were_recast_since_is_a_hole(book):
    income = book.quarters("net_income", companies=["tsla"]).set_index("period")
    assert income.recast["2024Q1"] and income.recast["2024Q2"] and not income.recast["2025Q1"]
    grown = measures.growth(book.quarters("net_income", companies=["tsla"])).period.tolist()
    assert "2025Q1" not in grown and "2025Q2" not in grown and "2024Q1" in grown


def test_a_change_is_the_increment_over_a_year():
    out = measures.change(frame())
    assert out.value.tolist() == [4.0]
    assert out.unit.tolist() == ["USD bn"]


def test_a_ratio_matches_periods_and_names_its_unit():
    out = measures.ratio(frame(), frame(values=(2.0, 2.0, 2.0)))
    assert out.value.tolist() == [0.5, 1.0, 1.5]
    assert set(out.unit) == {"USD bn per USD bn"}


def test_a_ratio_of_totals_matches_by_period_alone():
    assert len(measures.ratio(frame("one total"), frame("another"))) == 5


def test_nothing_is_divided_by_zero():
    assert measures.ratio(frame(), frame(values=(0.0, 1.0, 1.0, 1.0, 1.0))).period.tolist() == ["2024Q2", "2024Q3", "2024Q4", "2025Q1"]


def test_a_sum_from_the_start_ends_at_a_hole():
    assert measures.cumulate(frame(values=(1.0, 2.0, None, 4.0))).value.tolist() == [1, 3]


def test_a_range_is_carried_through_sums_and_ratios():
    ranged = frame()
    ranged.loc[3, ["low", "high"]] = [3.5, 4.5]
    year = measures.trailing(ranged)
    assert (year.low.iloc[0], year.high.iloc[0]) == (9.5, 10.5)
    share = measures.ratio(year, frame(values=(2.0,) * 5))
    assert (share.low.iloc[0], share.high.iloc[0]) == (4.75, 5.25)


@given(st.lists(st.floats(0, 1000).map(lambda value: round(value, 3)), min_size=4, max_size=12))
def test_trailing_sums_and_totals_may_change_places(values):
    one, other = frame(values=tuple(values)), frame("b", values=tuple(reversed(values)))
    left = measures.total(measures.trailing(both(one, other)))
    right = measures.trailing(measures.total(both(one, other)))
    assert left.value.tolist() == pytest.approx(right.value.tolist(), abs=1e-6)
    assert left.period.tolist() == right.period.tolist()


def test_every_measure_of_nothing_is_nothing():
    nothing = ledger.open(as_of="2013-01-01").quarters("capex")
    for measure in (measures.total, measures.trailing, measures.change, measures.growth, measures.cumulate):
        out = measure(nothing)
        assert out.empty
        assert list(out.columns) == [*ledger.COLUMNS, *ledger.MARKS]
    assert measures.latest_complete(nothing) is None


def test_the_facts_of_a_measure_are_those_of_its_operands(book):
    firms = ["amzn", "googl", "msft"]
    capex, cloud = (book.quarters(family, companies=firms) for family in ("capex", "cloud_revenue"))
    last = measures.ratio(measures.trailing(measures.total(capex)), measures.trailing(measures.total(cloud))).iloc[-1]
    both = pd.concat([capex, cloud])
    quarters = both[(both.period_end > last.period_start) & (both.period_end <= last.period_end)]
    assert set().union(*quarters.facts) == set(last.facts)


def test_firms_own_headlines_are_not_added(book):
    with pytest.raises(ValueError, match="means something else"):
        measures.total(book.quarters("capex", basis="as_stated"))
    alone = book.quarters("capex", basis="as_stated", companies=["msft"])
    assert measures.total(alone).value.tolist() == alone.value.tolist()


@pytest.mark.parametrize("company", ["msft", "meta", "amzn", "googl"])
def test_a_bridge_adds_up(book, company):
    stated = book.quarters("capex", basis="as_stated", companies=[company])
    for period in stated.period.tail(12):
        path = measures.bridge(book, company, period)
        first, *steps, last = path.value.fillna(0)
        assert first + sum(steps) == pytest.approx(last, abs=book.half(id for ids in path.facts for id in ids) + 1e-9)


def test_a_bridge_names_what_no_line_explains(book):
    path = measures.bridge(book, "msft", "2025Q3")
    assert path.metric.tolist() == ["capex_cash", "finance_lease_additions", "rest", "capex_as_stated"]
    assert path.value.tolist() == [19.394, 9.147, 6.359, 34.9]
    assert "rest" not in measures.bridge(book, "meta", "2025Q4").metric.tolist()


def test_a_bridge_shows_a_line_that_was_not_printed(book):
    path = measures.bridge(book, "amzn", "2024Q4").set_index("metric")
    assert pd.isna(path.value["capex_proceeds"]) and path.value["rest"] != 0


def test_a_bridge_between_equal_ends_has_no_steps(book):
    assert measures.bridge(book, "googl", "2026Q2").metric.tolist() == ["capex_cash", "capex_cash"]


def test_a_bridge_to_nowhere_is_refused(book):
    with pytest.raises(ValueError, match="no capital spending of msft on basis 'as_stated' for 1999Q1"):
        measures.bridge(book, "msft", "1999Q1", start="as_stated")


def test_a_range_of_a_ratio_holds_its_value_whatever_the_signs():
    loss = frame(values=(-2.0, -3.0), low=-2.5, high=-1.5)
    out = measures.ratio(
        loss.assign(low=loss.value - 0.5, high=loss.value + 0.5), frame(values=(4.0, 6.0)).assign(low=[3.0, 5.0], high=[5.0, 7.0], metric="n")
    )
    assert (out.low <= out.value).all() and (out.value <= out.high).all()
    assert (out.low.iloc[0], out.high.iloc[0]) == (-2.5 / 3, -1.5 / 5)


def test_over_a_range_that_holds_zero_there_is_no_range():
    out = measures.ratio(frame(values=(4.0,)), frame(values=(1.0,), metric="n").assign(low=-1.0, high=3.0))
    assert out.value.tolist() == [4.0] and out.low.isna().all()


def test_growth_of_a_range_holds_its_value():
    rows = frame(values=(10.0, 1, 1, 1, 12.0)).assign(low=[9.0, 1, 1, 1, 11.0], high=[11.0, 1, 1, 1, 13.0])
    out = measures.growth(rows)
    assert (round(out.low.item(), 9), round(out.high.item(), 9)) == (0.0, round(13 / 9 - 1, 9))


def test_a_sum_from_the_start_carries_its_range():
    out = measures.cumulate(
        frame(values=(1.0, 2.0, 3.0)).assign(low=[float("nan"), 1.5, 2.5], high=[float("nan"), 2.5, 3.5], bounds=["", "computed", "computed"])
    )
    assert out.low.iloc[1:].tolist() == [2.5, 5.0] and out.high.iloc[1:].tolist() == [3.5, 7.0]
    assert pd.isna(out.low.iloc[0]) and out.bounds.tolist() == ["", "computed", "computed"]


@pytest.mark.parametrize(("relations", "expected"), [("==", "="), ("=≈", "≈"), ("=≥", "≥"), ("≈≥", "≥"), ("=≤", "≤"), ("≥≤", "≈")])
def test_a_sum_with_a_floor_in_it_is_a_floor(relations, expected):
    rows = pd.concat([frame("a", values=(1.0,), relation=relations[0]), frame("b", values=(2.0,), relation=relations[1])], ignore_index=True)
    assert measures.total(rows).relation.tolist() == [expected]


def test_over_a_floor_a_ratio_is_a_ceiling():
    out = measures.ratio(frame(values=(4.0,)), frame(values=(2.0,), metric="n", relation="≥"))
    assert out.relation.tolist() == ["≤"]


def test_a_formula_turns_a_floor_as_it_turns_the_value():
    floor = frame(values=(4.0,), relation="≥").iloc[0]
    over, under = (measures.computed(work, floor, label="x", unit="x").relation.item() for work in (lambda v: v * 2, lambda v: 1 / v))
    assert (over, under) == ("≥", "≤")


def test_commitments_are_as_weak_as_the_weakest(book):
    held = book.deals(companies=["openai"])
    held = held[
        held.value.notna() & (held["from"] == "openai") & (held.firmness == "firm") & (held.instrument == "services") & (held.unit == "USD bn")
    ]
    held = held[~held.deal.isin([inner for inner, _ in measures.contained(held)])]
    held = held[held.stance == "forward"]
    out = measures.commitments(held)
    assert out.value.item() == pytest.approx(held.value.sum())
    assert out.grade.item() == max(held.grade, key=ledger.GRADES.index)
    assert (out.relation.item() == "≥") == held.relation.eq("≥").any()


def test_up_to_keeps_what_both_frames_are_known_for(book):
    capex = book.quarters("capex", companies=["msft", "googl"], since="2024-01-01")
    known = measures.up_to(capex, capex[(capex.company == "msft") & (capex.period <= "2024Q3")])
    assert known[["company", "period"]].values.tolist() == [["msft", "2024Q1"], ["msft", "2024Q2"], ["msft", "2024Q3"]]
    assert measures.up_to(capex.head(0), capex).empty and measures.up_to(capex, capex.head(0)).empty


def test_a_lag_sets_what_was_then_beside_now_and_keeps_its_facts(book):
    capex = book.quarters("capex", companies=["msft"], since="2024-01-01")
    late = measures.lagged(capex, 4).set_index("period")
    then = capex.set_index("period")
    assert late.value["2025Q1"] == then.value["2024Q1"]
    assert late.facts["2025Q1"] == then.facts["2024Q1"]
    assert late.period_end["2025Q1"] == then.period_end["2025Q1"]
    assert "2024Q4" not in late.index
    assert measures.lagged(capex, 0).value.tolist() == capex.value.tolist()


def test_a_lag_never_looks_ahead(book):
    with pytest.raises(ValueError, match="look ahead"):
        measures.lagged(book.quarters("capex", companies=["msft"]), -1)


def test_a_lag_does_not_bridge_a_hole(book):
    capex = book.quarters("capex", companies=["msft"], since="2024-01-01")
    holed = capex[capex.period != "2024Q3"]
    assert "2024Q4" not in measures.lagged(holed, 1).period.tolist()


def test_a_stock_takes_the_name_of_the_quarter_that_ends_on_its_day(book):
    sold = book.quarters("aws_revenue", calendar="fiscal")
    named = measures.at_quarter_ends(book.observations("aws_backlog"), sold)
    assert named.set_index("period").value["FY2025 Q2"] == 195
    with pytest.raises(ValueError, match="does not stand at a date"):
        measures.at_quarter_ends(sold, sold)


def test_rounding_leaves_half_a_unit_and_about_a_whole_one(book):
    points = measures.rounded(book, book.observations("azure_growth_points_from_ai")).set_index("period")
    assert points.loc["2024Q2", ["low", "high"]].tolist() == [7.5, 8.5]
    assert points.loc["2024Q3", ["low", "high"]].tolist() == [11, 13]
    assert set(points.bounds) == {"computed"}
    floor = measures.rounded(book, book.observations("azure_revenue"))
    assert floor.low.isna().all() and set(floor.bounds) == {""}


def test_a_formula_is_worked_on_the_periods_that_all_frames_hold(book):
    capex, cloud = (book.quarters(name, companies=["amzn"], since="2024-01-01") for name in ("capex_cash", "aws_revenue"))
    made = measures.each(lambda spent, taken: spent / taken, capex, cloud[cloud.period != "2024Q3"], label="cost", unit="USD bn per USD bn")
    wanted = measures.ratio(capex, cloud).set_index("period")
    assert "2024Q3" not in set(made.period)
    assert made.value.tolist() == pytest.approx(wanted.value[made.period].tolist())
    assert [set(facts) for facts in made.facts] == [set(facts) for facts in wanted.facts[made.period]]


def test_a_formula_on_periods_refuses_two_companies_in_one_frame(book):
    capex = book.quarters("capex_cash", companies=["amzn", "msft"], since="2024-01-01")
    with pytest.raises(ValueError, match="two figures for one period"):
        measures.each(lambda value: value, capex, label="one", unit="USD bn")


def test_frames_that_share_no_period_give_an_empty_frame_with_the_usual_columns(book):
    old, new = book.quarters("aws_revenue", since="2023-01-01").head(2), book.quarters("aws_revenue").tail(2)
    made = measures.each(lambda one, other: one + other, old, new, label="none", unit="USD bn")
    assert made.empty
    assert list(made.columns) == [*ledger.COLUMNS, *ledger.MARKS]


def test_an_index_starts_at_its_base_and_keeps_the_facts_of_its_base(book):
    capex = book.quarters("capex_cash", companies=["aapl", "msft"], since="2023-01-01")
    made = measures.indexed(capex)
    first, last = made.groupby("company").head(1), made[made.company == "msft"].iloc[-1]
    assert first.value.tolist() == [100, 100]
    assert last.value == pytest.approx(100 * capex[capex.company == "msft"].value.iloc[-1] / capex[capex.company == "msft"].value.iloc[0])
    assert set(capex[capex.company == "msft"].facts.iloc[0]) < set(last.facts)


def test_an_index_from_nothing_is_refused(book):
    capex = book.quarters("capex_cash", companies=["msft"], since="2025-01-01").assign(value=0.0)
    with pytest.raises(ValueError, match="starts at nothing"):
        measures.indexed(capex)


def test_a_formula_around_a_quarter_takes_as_many_quarters_before_as_from_it_on(book):
    cloud = book.quarters("aws_revenue", since="2024-01-01").head(5)
    made = measures.around(lambda values: sum(values[2:]) - sum(values[:2]), cloud, 2, label="step", unit="USD bn")
    values = cloud.value.tolist()
    assert made.period.tolist() == cloud.period.tolist()[2:4]
    assert made.value.tolist() == pytest.approx([sum(values[at : at + 2]) - sum(values[at - 2 : at]) for at in (2, 3)])
    assert set(made.facts.iloc[0]) == {fact for facts in cloud.facts.iloc[:4] for fact in facts}
    holed = measures.around(lambda values: values[1] - values[0], cloud[cloud.period != cloud.period.iloc[2]], 1, label="step", unit="USD bn")
    assert holed.period.tolist() == [cloud.period.iloc[1], cloud.period.iloc[4]]
