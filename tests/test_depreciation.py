import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import ledger
from outlay.models import depreciation

SPENT = st.lists(st.floats(0, 1000), min_size=2, max_size=40)
LIFE = st.floats(0.5, 9)


@given(SPENT, LIFE, LIFE)
def test_more_life_never_lowers_profit(spent, life, other):
    longer, shorter = max(life, other), min(life, other)
    assert sum(depreciation.charges(spent, longer)) <= sum(depreciation.charges(spent, shorter)) + 1e-6
    assert depreciation.write_down(spent, longer, shorter) >= -1e-6


@given(SPENT, LIFE)
def test_what_was_charged_and_what_is_left_are_what_was_spent(spent, life):
    assert sum(depreciation.charges(spent, life)) + depreciation.book_value(spent, life) == pytest.approx(sum(spent), abs=1e-6)


@given(SPENT, LIFE, LIFE)
def test_a_change_of_estimate_charges_no_more_than_what_is_left(spent, old, new):
    left = depreciation.book_value(spent, old)
    ahead = sum(cost * (depreciation.charged(old, len(spent) + 3 - paid) - depreciation.charged(old, len(spent) - 1 - paid)) for paid, cost in enumerate(spent))
    assert -1e-6 <= ahead + depreciation.effect_of_change(spent, old, new) <= left + 1e-6


def test_no_change_of_life_changes_nothing():
    assert depreciation.effect_of_change([10.0, 20.0, 30.0], 4, 4) == pytest.approx(0)
    assert depreciation.more_charged([10.0, 20.0, 30.0], 4, 4) == pytest.approx(0)


def test_the_published_example_of_a_cut_life():
    # 400 of one vintage, booked over five and a half years, cut to two and a half at age two: 44 per cent of cost, 175
    assert depreciation.write_down([400, *[0] * 8], 5.5, 2.5) == pytest.approx(175, abs=1)
    assert depreciation.annual(100, 5) == 20 and depreciation.annual(100, 3) == pytest.approx(33.3, abs=0.05)
    # a vintage of 400 over two to three years instead of five to six: at least 67 a year more
    assert depreciation.annual(400, 3) - depreciation.annual(400, 6) == pytest.approx(67, abs=0.5)


def test_one_vintage_is_spread_over_what_remains_of_the_new_life():
    # half of a four-year life over: 50 left; over four more years 12.5 a year instead of 25
    assert depreciation.effect_of_change([100, *[0] * 8], 4, 6) == pytest.approx(-12.5)


@pytest.mark.parametrize(
    ("company", "last", "old", "new", "filed", "share"),
    [
        ("googl", "2022-12-31", 4, 6, 3.9, (0.3, 0.4)),  # 10-K 2023: a charge lower by 3.9
        ("orcl", "2024-05-31", 5, 6, 0.733, (0.6, 0.7)),  # 10-K 2025: 733 million
        ("meta", "2024-12-31", 5, 5.5, 2.92, (0.7, 0.9)),  # 10-K 2025: 2.92
    ],
)
def test_filed_effects_lie_between_nothing_and_what_all_spending_would_give(book, company, last, old, new, filed, share):
    spent = book.quarters("capex", companies=[company], calendar="fiscal")
    paid = spent[spent.period_end <= last].sort_values("period_end").value.tolist()[-4 * old - 4 :]
    assert share[0] < filed / -depreciation.effect_of_change(paid, old, new) < share[1]


def test_shares_are_implied_from_whole_first_years_only(book):
    shares = depreciation.implied_shares(book, book.quarters("capex", companies=["amzn", "googl", "meta", "msft", "orcl"]))
    assert shares.value.between(0, 1).all()
    assert len(shares) >= 8
    assert (shares.grade == "assumed").all()


def test_lives_of_the_past_know_no_later_change():
    said = depreciation.lives(ledger.open(as_of="2022-12-31"), ["googl", "meta"])
    assert said[said.company == "googl"].value.tolist() == [4.0]
    assert "meta" not in set(said.company)


def test_the_life_before_is_the_one_set_before_where_a_filing_does_not_say_it(book):
    said = depreciation.lives(book, ["meta"])
    assert said[["old", "value"]].values.tolist() == [[4.0, 4.5], [4.5, 5.0], [5.0, 5.5]]


def test_a_firm_with_a_hole_among_its_quarters_has_no_fleet(book):
    spent = book.quarters("capex", companies=["googl", "amzn"])
    shares = depreciation.implied_shares(book, spent)
    holed = spent[~((spent.company == "amzn") & (spent.period == "2023Q2"))]
    life = {"googl": 6, "amzn": 6}
    assert set(depreciation.fleet(spent, life, shares).company) == {"googl", "amzn"}
    assert depreciation.fleet(holed, life, shares).company.tolist() == ["googl"]


def test_a_range_of_shares_becomes_a_range_of_the_result(book):
    spent = book.quarters("capex", companies=["amzn"])
    held = depreciation.fleet(spent, {"amzn": 6}, depreciation.implied_shares(book, spent))
    more = depreciation.worked(held, lambda paid, booked: depreciation.more_charged(paid, booked, 3), "more").iloc[0]
    assert more.low < more.high and more.low <= more.value <= more.high
    assert held.share.item() == depreciation.implied_shares(book, spent).set_index("new").value[6.0]  # the newest statement, of 2024, is the value
    assert more.grade == "assumed" and len(more.facts) > 30


@pytest.mark.parametrize("life", [0, -1])
def test_a_life_of_nothing_is_refused(life):
    with pytest.raises(ValueError, match="longer than nothing"):
        depreciation.annual(100, life)


def test_decay_finds_the_pace_of_an_exponential_and_refuses_too_little():
    years = [0, 0.5, 1.2, 2.0]
    assert depreciation.decay(years, [10 * 0.7**year for year in years]) == pytest.approx(-0.3)
    with pytest.raises(ValueError, match="four prices"):
        depreciation.decay([0, 1], [2, 1])


def test_the_pace_and_the_loss_of_value_as_published():
    assert depreciation.yearly_loss(0.7, 3.5) == pytest.approx(0.29, abs=0.005)
    assert depreciation.residual([0.6, 0.25, 0.15], [3, 25, 30], 5) == pytest.approx(0.325)
    with pytest.raises(ValueError, match="add up to one"):
        depreciation.residual([0.5, 0.2], [3, 25], 1)


def test_a_part_of_the_servers_whose_life_was_cut_is_told_apart_from_the_rest(book):
    # Amazon's 10-K for 2024: a subset of servers from six to five years from 1 January 2025
    cut = depreciation.lives(book, ["amzn", "googl"], "useful_life_server_subset")
    assert cut[["company", "old", "value"]].values.tolist() == [["amzn", 6.0, 5.0]]
    assert depreciation.booked(book, ["amzn"]).value.tolist() == [6.0]


def test_years_before_the_first_change_hold_the_life_it_replaced():
    said = pd.DataFrame({"company": ["a", "b"], "period_end": pd.to_datetime(["2021-01-01", "2023-06-01"]), "old": [3.0, float("nan")], "value": [4.0, 5.0]})
    table = depreciation.in_force(said, pd.Timestamp("2023-12-31"))
    assert table.loc["a"].tolist() == [3, 4, 4, 4]
    assert table.loc["b"].isna().tolist() == [True, True, True, False]


def test_every_filed_first_year_is_told_also_where_its_share_cannot_be(book):
    told = depreciation.effects(book, ["amzn"])
    assert told.value.tolist() == [2.7, 3.6, 3.2]
    shares = depreciation.implied_shares(book, book.quarters("capex", companies=["amzn"]))
    assert len(shares) == 2  # the quarters behind the first change have a change of definition among them
