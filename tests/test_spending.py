"""Spending beside cash, costs, depreciation, leases and chips, against figures that firms and newspapers printed."""

import pandas as pd
import pytest

from outlay import measures
from outlay.models import spending


def at(frame, period):
    return frame[frame.period == period].value.item()


def test_the_quarter_to_june_2024_grew_as_tencent_technology_told_it(book):
    """Document of 5 August 2024: Microsoft 19.0 after 10.7 and 13.9 in cash up 55%, Meta up 33.4%, Alphabet up 91%."""
    stated = book.quarters("capex", basis="as_stated", companies=["msft", "meta", "googl"])
    growth = measures.growth(stated).set_index(["company", "period"]).value
    assert growth["msft", "2024Q2"] == pytest.approx(0.776, abs=0.0005)
    assert growth["meta", "2024Q2"] == pytest.approx(0.334, abs=0.006)  # 8.47 after 6.35; the ledger has 8.5 after 6.4 where calls round
    assert growth["googl", "2024Q2"] == pytest.approx(0.91, abs=0.006)
    cash = book.quarters("capex", companies=["msft"])
    assert round(at(cash, "2024Q2"), 1) == 13.9
    assert at(measures.growth(cash), "2024Q2") == pytest.approx(0.55, abs=0.005)


def test_the_quarter_to_june_2024_weighed_as_the_same_text_reckons(book):
    """29, 22 and 16 per cent of revenue: on the firms' own figures."""
    firms = ["msft", "meta", "googl"]
    share = measures.ratio(book.quarters("capex", basis="as_stated", companies=firms), book.quarters("revenue", companies=firms))
    found = share[share.period == "2024Q2"].set_index("company").value
    assert {company: round(100 * value) for company, value in found.items()} == {"msft": 29, "meta": 22, "googl": 16}


def test_growth_hid_in_leases():
    assert spending.leased(19.0, 13.9) == pytest.approx(1 - 0.73, abs=0.005)
    assert spending.lease_growth(19.0, 13.9, 10.7, 0.55) == pytest.approx(1.95, abs=0.01)
    with pytest.raises(ValueError, match="nothing to grow from"):
        spending.lease_growth(19.0, 13.9, 8.9, 0.55)
    with pytest.raises(ValueError, match="positive total"):
        spending.leased(0, 0)


def test_what_is_left_is_what_alphabet_left_below_zero(book):
    cash, capex = (book.quarters(name, companies=["googl"]) for name in ("operating_cash_flow", "capex"))
    left = measures.each(spending.left_over, cash, capex, metric="left over", unit="USD bn", kind="flow")
    assert at(left, "2026Q2") == pytest.approx(39.069 - 44.924)
    assert (left.set_index("period").value < 0).sum() == 1 and left.value.iloc[-1] < 0  # the first below zero


def test_other_costs_are_what_metas_release_prints():
    """Costs and expenses of 2023: 88.151, of which 11.178 depreciation and amortization; revenue 134.902."""
    assert spending.other_costs(134.902, 46.751, 11.178) == pytest.approx((88.151 - 11.178) / 134.902)
    with pytest.raises(ValueError, match="positive revenue"):
        spending.other_costs(0, 0, 0)


def test_a_formula_by_period_leaves_out_what_one_side_lacks_and_keeps_every_fact(book):
    cash, capex = (book.quarters(name, companies=["msft", "meta"], since="2025-01-01") for name in ("operating_cash_flow", "capex"))
    left = measures.each(spending.left_over, cash, capex[capex.period != "2025Q2"], metric="left over", unit="USD bn", kind="flow")
    assert "2025Q2" not in set(left.period) and "2025Q2" in set(cash.period)
    row, one, other = (frame[(frame.company == "meta") & (frame.period == "2025Q1")].facts.item() for frame in (left, cash, capex))
    assert set(row) == {*one, *other}
    with pytest.raises(ValueError, match="two figures"):
        measures.each(spending.left_over, pd.concat([cash, cash]), capex, metric="left over", unit="USD bn")


def test_oracles_year_crossed_all_of_its_cash_in_may_2025(book):
    """Fiscal 2025, as its 10-K prints it: 21.215 of spending on 20.821 of cash from operations; fiscal 2026: 55.663 on 31.977."""
    capex, cash = (measures.trailing(book.quarters(name, companies=["orcl"])) for name in ("capex", "operating_cash_flow"))
    share = measures.ratio(capex, cash)
    assert at(share, "2025Q2") == pytest.approx(21.215 / 20.821)
    assert at(share, "2026Q2") == pytest.approx(55.663 / 31.977, rel=1e-4)
    crossed = spending.crossings(share).set_index("limit")
    assert crossed.at[1.0, "first"] == crossed.at[1.0, "since"] == "2025Q2"


def test_a_stay_above_a_limit_ends_below_it_and_at_a_hole(book):
    share = measures.ratio(*(measures.trailing(book.quarters(name, companies=["amzn"])) for name in ("capex", "operating_cash_flow")))
    crossed = spending.crossings(share, [1.0]).iloc[0]
    assert (crossed["first"], crossed.since) == ("2021Q3", "2026Q1")  # Amazon was below it from 2023 to 2025
    holed = spending.crossings(share[share.period != "2026Q1"], [0.5]).iloc[0]
    assert holed.since == "2026Q2"
    assert spending.crossings(share.assign(value=-0.1), [1.0])["first"].item() == share.period.iloc[0]  # no cash to take a share of
    assert spending.crossings(share, [9.0]).empty and spending.crossings(share.head(0)).empty


def test_fiscal_years_are_named_by_the_year_in_which_they_end(book):
    capex = spending.fiscal_years(book, "capex", ["amzn", "aapl", "nvda", "orcl"]).set_index(["company", "period"]).value
    assert capex["amzn", "FY2025"] == 131.819  # and no sum of other twelve months, which its 10-Qs print too
    assert capex["nvda", "FY2026"] == 6.042
    assert capex["orcl", "FY2026"] == 55.663
    assert spending.before(spending.fiscal_years(book, "capex", ["orcl"]), 3).period.item() == "FY2023"


def test_a_dollar_of_depreciation_at_amazon_met_three_of_spending(book):
    """The 10-K for 2025: 131.819 of spending, 41.860 of depreciation."""
    capex, worn = (spending.fiscal_years(book, name, ["amzn"]) for name in ("capex", "depreciation"))
    assert at(measures.ratio(capex, worn), "FY2025") == pytest.approx(3.15, abs=0.005)


def test_newest_leaves_out_who_has_stopped_printing(book):
    capex = book.quarters("capex", companies=["msft", "meta"])
    old = capex[(capex.company == "meta") & (capex.period < "2025Q1")]
    assert spending.newest(pd.concat([capex[capex.company == "msft"], old])).company.tolist() == ["msft"]
    assert spending.newest(capex.head(0)).empty


def test_leases_not_begun_add_up_where_the_note_prints_two_parts(book):
    rows = spending.added_up(book.observations("lease_commitments"), "leases_not_begun").set_index(["company", "period"]).value
    assert rows["msft", "2024-06-30"] == pytest.approx(8.6 + 108.4)
    assert rows["googl", "2025-12-31"] == pytest.approx(5.8 + 52.7)
    assert rows["msft", "2026-06-30"] == 329.1
    half = book.observations("leases_not_begun_finance", companies=["msft"])
    both = pd.concat([half, book.observations("leases_not_begun_operating", companies=["msft"]).tail(1)])
    assert spending.added_up(both, "leases_not_begun").period.tolist() == ["2024-06-30"]


def test_the_two_documents_differ_on_the_price_of_a_chip_by_more_than_two(book):
    """500 million for 10,000 make 50,000; 100 bn for 4 to 5 million make 20,000 to 25,000."""
    counts = book.versions(["chips_priced", "boards_priced", "systems_priced"])
    prices = spending.prices(book.versions("chip_sum"), counts).set_index(["company", "period", "metric"])
    oracle = prices.loc[("orcl", "2025-10-13", "chips_priced")]
    assert prices.at[("h100", "2024-08-05", "chips_priced"), "value"] == pytest.approx(50_000)
    assert (oracle.low, oracle.high) == (pytest.approx(20_000), pytest.approx(25_000))
    assert prices.at[("orcl", "2025-05-23", "boards_priced"), "value"] == pytest.approx(100_000)
    assert len(prices) == len(counts)  # a sum meets the numbers of its own document alone
    with pytest.raises(ValueError, match="number of chips"):
        spending.unit_price(1, 0)


def test_a_number_without_a_sum_gives_no_price(book):
    assert spending.prices(book.versions("chip_sum").head(0), book.versions("chips_priced")).empty
