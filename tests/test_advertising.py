import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import advertising

RATES = st.floats(-0.9, 5)


def test_revenue_a_person_at_meta_is_what_its_filing_prints():
    # 10-Q for the second quarter of 2024: average revenue per person 11.89 after 10.42 USD, printed as +14 per cent
    assert round(advertising.per_person(0.22, 0.07), 2) == round(11.89 / 10.42 - 1, 2) == 0.14


def test_ads_and_price_make_the_growth_that_meta_printed_for_2024():
    # 10-K for 2024: ads +11 per cent, price +10, advertising +22
    assert advertising.compounded(0.11, 0.10) == pytest.approx(0.22, abs=0.005)


@given(RATES, RATES, RATES)
def test_parts_in_logarithms_add_up(people, ads, price):
    growth = advertising.compounded(people, ads, price)
    assert sum(map(advertising.log_points, (people, ads, price))) == pytest.approx(advertising.log_points(growth), abs=1e-9)
    assert advertising.unexplained(growth, people, ads, price) == pytest.approx(0, abs=1e-9)


def test_in_every_quarter_that_meta_printed_ads_and_price_make_the_growth_within_rounding(book):
    names = ["meta_advertising_growth", "meta_ad_impressions_growth", "meta_ad_price_growth"]
    table = book.observations(names).pivot(index="period", columns="metric", values="value")[names].dropna()
    assert len(table[table.index.str.contains("Q")]) >= 16
    assert [period for period, row in table.iterrows() if not advertising.within_rounding(*row)] == []


def test_growth_that_is_printed_beside_the_revenue_agrees_with_it(book):
    from outlay import measures

    made = measures.growth(book.quarters("meta_advertising_revenue")).set_index("period")
    said = book.observations("meta_advertising_growth").set_index("period").value
    for period in said.index.intersection(made.index):
        row = made.loc[period]
        half = 0.025 if period == "2023Q1" else 0.006  # "$27 billion" stands a year before that quarter
        assert said[period] == pytest.approx(row.value, abs=half), period


def test_googles_clicks_and_prices_make_its_search_growth_within_rounding(book):
    names = ["google_paid_clicks_growth", "google_cost_per_click_growth"]
    table = book.observations(names).pivot(index="period", columns="metric", values="value")[names].dropna()
    years = book.observations("google_search_revenue").query("period.str.fullmatch(r'[0-9]{4}')", engine="python").set_index("period").value
    grown = {year: years[year] / years[str(int(year) - 1)] - 1 for year in table.index if year.isdigit()}
    assert len(grown) >= 5
    assert [year for year, growth in grown.items() if not advertising.within_rounding(growth, *table.loc[year])] == []


def test_difference_in_differences_is_that_of_card_and_krueger():
    # table 3, row 4: 2.76, made from figures with more digits
    assert advertising.difference_in_differences(20.44, 21.03, 23.33, 21.17) == pytest.approx(2.76, abs=0.015)


def test_a_jump_of_gaps_is_a_difference_in_differences():
    firm, control = [0.22, 0.19, 0.26, 0.24], [0.14, 0.13, 0.12, 0.11]
    gaps = [one - other for one, other in zip(firm, control, strict=True)]
    wanted = advertising.difference_in_differences((0.22 + 0.19) / 2, (0.26 + 0.24) / 2, (0.14 + 0.13) / 2, (0.12 + 0.11) / 2)
    assert advertising.jump(gaps) == pytest.approx(wanted)


def test_a_jump_needs_two_equal_halves():
    for gaps in ([], [1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="as many values after as before"):
            advertising.jump(gaps)


def test_the_first_of_39_is_one_in_39():
    # Abadie, Diamond and Hainmueller (2010): California against 38 control states
    assert advertising.placebo_share(-25.0, [24.0 - number for number in range(38)]) == pytest.approx(1 / 39)
    assert advertising.placebo_share(0.1, [0.2, -0.3]) == 1


def test_growth_below_nothing_is_refused():
    with pytest.raises(ValueError, match="above -1"):
        advertising.compounded(0.1, -1.0)
