"""Traps of the evidence: figures that other collections get wrong, and what the ledger must say, or leave open, instead."""

import functools
import json
import math

import pandas as pd
import pytest

from conftest import ROOT, edit
from outlay import ledger, measures, periods
from outlay.tools import check, edgar

FIRMS = ["aapl", "amzn", "googl", "meta", "msft", "nvda", "orcl", "tsla"]
FLOWS = [
    "capex_cash",
    "capex_net",
    "depreciation_and_amortization",
    "finance_lease_additions",
    "net_income",
    "operating_cash_flow",
    "operating_income",
    "revenue",
]
EDITION = "2026-10-15"  # what is counted or newest is asked of this day, so that later quarters do not matter
STEP = 0.0021  # what quarters may miss of a year: the filer rounds each column by itself


@functools.cache
def then(day):
    return ledger.open(as_of=day)


def quarters(book, metric, company, calendar="overlap", **more):
    """Values of one company by quarter."""
    frame = book.quarters(metric, companies=[company], calendar=calendar, **more)
    assert frame.period.is_unique
    return frame.set_index("period").value


def printed(book, metric, company, **more):
    """Values of one company by printed period."""
    frame = book.observations(metric, companies=[company], **more)
    assert frame.period.is_unique
    return frame.set_index("period").value


def prints(book, metric, company, start, end):
    """Every figure that documents print for a period."""
    frame = book.versions(metric, companies=[company])
    return set(frame.value[(frame.period_start == start) & (frame.period_end == end)])


def year_of(series, year):
    """The four quarters of a year, summed."""
    labels = [label for label in series.index if label[:-2].strip().removeprefix("FY") == str(year)]
    assert len(labels) == 4, labels
    return series[labels].sum()


def is_named(metric, company):
    """Whether a hole in a series is listed with a reason."""
    listed = ledger.tables()["exceptions"]
    return ((listed.rule == "gaps") & listed.fact.str.match(rf"{company}/({metric}|\*)")).any()


# 1. One word, five measures.


def test_one_quarter_has_another_sum_on_every_basis(book):
    big = {
        basis: book.quarters("capex", basis=basis, companies=["amzn", "googl", "meta", "msft"], since="2025-10-01") for basis in ("cash", "as_stated")
    }
    cash, stated = ({row.company: row.value for row in frame[frame.period == "2025Q4"].itertuples()} for frame in big.values())
    assert cash == {"amzn": 39.522, "googl": 27.851, "meta": 21.383, "msft": 29.876}
    assert measures.total(big["cash"]).set_index("period").value["2025Q4"] == pytest.approx(118.632)
    assert (stated["msft"], stated["meta"]) == (37.5, 22.14)
    assert stated["amzn"] < cash["amzn"]
    with pytest.raises(ValueError, match="one basis"):
        measures.total(pd.concat([big["cash"][big["cash"].company == "amzn"], big["as_stated"][big["as_stated"].company == "msft"]]))


@pytest.mark.parametrize(
    ("metric", "company", "period", "value"),
    [
        ("capex_cash", "googl", "2026Q2", 44.924),
        ("capex_cash", "amzn", "2024", 82.999),
        ("capex_net", "amzn", "2024", 77.658),
        ("capex_net", "meta", "2025", 69.691),
        ("finance_lease_principal", "meta", "2025", 2.524),
        ("capex_as_stated", "meta", "2025", 72.22),
        ("capex_as_stated", "msft", "2025Q3", 34.9),
        ("capex_cash", "msft", "2025Q3", 19.394),
    ],
)
def test_each_measure_of_capital_spending_is_a_metric_of_its_own(book, metric, company, period, value):
    assert printed(book, metric, company)[period] == value


# 2. Microsoft: the headline is not the cash line.


@pytest.mark.parametrize(
    ("period", "headline", "cash", "leases", "rest"),
    [
        ("2024Q1", 14.0, 10.952, 3.421, -0.373),
        ("2024Q2", 19.0, 13.873, 4.712, 0.415),
        ("2025Q3", 34.9, 19.394, 9.147, 6.359),
        ("2025Q4", 37.5, 29.876, 6.330, 1.294),
    ],
)
def test_microsofts_headline_leaves_a_rest_over_cash_and_leases(book, period, headline, cash, leases, rest):
    steps = measures.bridge(book, "msft", period).set_index("metric").value
    assert steps.to_dict() == pytest.approx({"capex_cash": cash, "finance_lease_additions": leases, "rest": rest, "capex_as_stated": headline})
    assert quarters(book, "capex_with_leases", "msft")[period] == pytest.approx(cash + leases)


@pytest.mark.parametrize(("year", "cash", "leases"), [(2024, 44.477, 11.633), (2025, 64.551, 20.511), (2026, 115.948, 24.608)])
def test_microsofts_years_add_up_on_cash_and_with_leases(book, year, cash, leases):
    for metric, value in (("capex_cash", cash), ("finance_lease_additions", leases), ("capex_with_leases", cash + leases)):
        assert year_of(quarters(book, metric, "msft", "fiscal"), year) == pytest.approx(value, abs=STEP)


def test_cash_rose_where_a_headline_before_and_a_cash_figure_after_seem_to_fall(book):
    cash, stated = (book.quarters("capex", basis=basis, companies=["msft"], since="2025-10-01") for basis in ("cash", "as_stated"))
    assert cash.value.tolist()[:2] == [29.876, 30.876]
    assert stated.value.tolist()[:2] == [37.5, 31.9]
    assert measures.change(cash, quarters=1).value.iloc[0] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="one basis"):
        measures.change(pd.concat([stated[stated.period == "2025Q4"], cash[cash.period == "2026Q1"]]), quarters=1)


def test_principal_on_leases_is_no_part_of_microsofts_spending(book):
    assert printed(book, "finance_lease_principal", "msft")["2025-07-01..2026-06-30"] == 3.101
    for metric, basis in (("capex_as_stated", "as_stated"), ("capex_with_leases", "with_leases")):
        assert [part for _, part in book.made_of(metric, basis, "msft")] == ["capex_cash", "finance_lease_additions"]
    leased_not_begun = {75.1, 108.4}
    spent = book.facts[(book.facts.company == "msft") & book.facts.metric.str.contains("capex|lease")]
    assert not leased_not_begun & set(spent.number[spent.metric.map(book.metrics.family) != "lease_commitments"])
    commitments = book.metrics.index[book.metrics.family == "lease_commitments"]  # they stand apart, and are part of no figure of spending
    assert not book.metrics.parts.str.contains("|".join(commitments)).any() and not book.bases.made_of.str.contains("|".join(commitments)).any()


@pytest.mark.parametrize(("year", "value", "wrong"), [(2022, 6.871, 7.22), (2023, 8.943, 13.05), (2024, 13.873, 19.78), (2025, 17.079, 32.53)])
def test_microsofts_june_quarter_is_the_year_less_nine_months(book, year, value, wrong):
    series = quarters(book, "capex_cash", "msft", "fiscal")
    assert series[f"FY{year} Q4"] == pytest.approx(value)
    assert wrong not in set(book.facts.number[(book.facts.company == "msft") & book.facts.metric.str.startswith("capex")])


def test_no_june_quarter_is_dropped_though_none_was_filed_as_three_months(book):
    series = quarters(book, "capex_cash", "msft", "fiscal")
    assert series[series.index < "FY2027"].index.tolist() == [f"FY{year} Q{quarter}" for year in range(2015, 2027) for quarter in range(1, 5)]
    filed = book.facts[book.facts.name.str.startswith("msft/capex_cash/") & (book.facts.grade == "filed") & (book.facts.period_end.dt.month == 6)]
    assert len(filed) > 12
    assert (periods.length(filed.period_start, filed.period_end) == 4).all()


# 3. Amazon: the line was net, then gross.


def test_amazons_2016_is_net_as_first_filed_and_gross_as_filed_again(book):
    assert prints(book, "capex_net", "amzn", "2016-01-01", "2016-12-31") == {6.737}
    assert prints(book, "capex_cash", "amzn", "2016-01-01", "2016-12-31") == {7.804}
    assert printed(book, "capex_net", "amzn")["2015"] == 4.589


def test_amazons_growth_is_never_taken_from_a_net_to_a_gross_figure(book):
    frame = book.quarters("capex", companies=["amzn"])
    assert frame.groupby("metric").period.agg(["min", "max"]).loc["capex_net"].tolist() == ["2015Q1", "2016Q4"]
    for measure in (measures.growth, measures.change):
        assert {"2016Q4", "2018Q1"} <= set(measure(frame).period)
        assert not set(measure(frame).period) & {"2017Q1", "2017Q2", "2017Q3", "2017Q4"}
    years = measures.trailing(frame).set_index("period")
    assert years.value["2016Q4"] == pytest.approx(6.737, abs=STEP)
    assert years.value["2017Q4"] == pytest.approx(11.955, abs=STEP)
    assert not set(years.index) & {"2017Q1", "2017Q2", "2017Q3"}
    assert "2017Q4" not in set(measures.growth(measures.trailing(frame)).period)
    assert measures.cumulate(frame).period.iloc[-1] == "2016Q4"


@pytest.mark.parametrize("day", ["2017-02-11", "2017-12-31", "2018-04-28", "2018-12-31", "2019-02-01"])
def test_on_no_day_did_amazons_growth_cross_the_change(day):
    frame = then(day).quarters("capex", companies=["amzn"])
    metric = frame.set_index("period").metric
    assert (metric[metric.index < "2017"] == "capex_net").all()
    assert (metric[metric.index >= "2017"] == "capex_cash").all()
    assert not measures.growth(frame).period.between("2017Q1", "2017Q4").any()


def test_amazons_2016_and_2017_grow_alike_on_either_basis(book):
    net = quarters(book, "capex_net", "amzn")
    assert (year_of(net, 2016), year_of(net, 2017)) == (pytest.approx(6.737, abs=STEP), pytest.approx(10.058, abs=STEP))
    gross = printed(book, "capex_cash", "amzn")
    assert (gross["2016"], gross["2017"]) == (7.804, 11.955)
    assert "2017Q1" in set(measures.growth(book.quarters("capex", basis="net", companies=["amzn"])).period)


@pytest.mark.parametrize(
    ("year", "gross", "net"),
    [
        (2018, 13.427, 11.323),
        (2019, 16.861, 12.689),
        (2020, 40.140, 35.044),
        (2021, 61.053, 55.396),
        (2022, 63.645, 58.321),
        (2023, 52.729, 48.133),
        (2024, 82.999, 77.658),
    ],
)
def test_amazons_years_gross_and_net(book, year, gross, net):
    assert printed(book, "capex_cash", "amzn")[str(year)] == gross
    assert year_of(quarters(book, "capex_cash", "amzn"), year) == pytest.approx(gross, abs=STEP)
    assert gross - printed(book, "capex_proceeds", "amzn")[str(year)] == pytest.approx(net)
    assert printed(book, "capex_net", "amzn").get(str(year), net) == net
    single = quarters(book, "capex_net", "amzn").filter(regex=f"^{year}")
    assert single.sum() == pytest.approx(net, abs=STEP) if len(single) == 4 else is_named("capex_", "amzn")


def test_amazons_free_cash_flow_of_2024_is_after_proceeds(book):
    cash, gross, net = (printed(book, metric, "amzn")["2024"] for metric in ("operating_cash_flow", "capex_cash", "capex_net"))
    assert (cash - net, cash - gross) == (pytest.approx(38.219), pytest.approx(32.878))


# 3. Amazon: leases.


@pytest.mark.parametrize(
    ("year", "value"), [(2017, 9.637), (2018, 10.615), (2019, 13.723), (2021, 7.061), (2022, 0.675), (2023, 0.642), (2024, 0.854)]
)
def test_property_that_amazon_took_on_finance_leases(book, year, value):
    assert prints(book, "finance_lease_additions", "amzn", f"{year}-01-01", f"{year}-12-31") == {value}
    assert year_of(quarters(book, "finance_lease_additions", "amzn"), year) == pytest.approx(value, abs=STEP)


def test_cash_alone_overstates_amazons_growth_after_2019(book):
    cash, leased = (quarters(book, metric, "amzn") for metric in ("capex_cash", "capex_with_leases"))
    assert year_of(cash, 2024) / year_of(cash, 2019) == pytest.approx(82.999 / 16.861, rel=1e-3)
    assert year_of(leased, 2024) / year_of(leased, 2019) == pytest.approx((82.999 + 0.854) / (16.861 + 13.723), rel=1e-3)


@pytest.mark.parametrize(("year", "value"), [(2017, 4.799), (2018, 7.449)])
def test_amazons_principal_follows_the_line_and_not_its_words(book, year, value):
    assert prints(book, "finance_lease_principal", "amzn", f"{year}-01-01", f"{year}-12-31") == {value}
    assert year_of(quarters(book, "finance_lease_principal", "amzn"), year) == pytest.approx(value, abs=STEP)


# 3. Amazon: twelve months that are no year.


@pytest.mark.parametrize(("end", "value"), [("2025-03-31", 93.093), ("2025-09-30", 120.131), ("2026-03-31", 151.003)])
def test_twelve_months_to_another_date_are_neither_a_year_nor_a_quarter(book, end, value):
    years = printed(then(EDITION), "capex_cash", "amzn")
    start = pd.Timestamp(end) - pd.DateOffset(years=1) + pd.DateOffset(days=1)
    assert years.index[years == value].tolist() == [f"{start:%Y-%m-%d}..{end}"]
    assert value not in set(quarters(book, "capex_cash", "amzn"))
    assert years["2025"] == 131.819
    assert "2026" not in years.index


@pytest.mark.parametrize("metric", FLOWS)
def test_no_quarter_rests_on_twelve_months_that_are_no_fiscal_year(book, metric):
    used = book.facts.loc[sorted(set().union(*book.quarters(metric).facts))]
    last = periods.fiscal(used.period_end, used.company.map(book.last_month()))[1]
    whole = periods.length(used.period_start, used.period_end) == 4
    assert whole.any()
    assert (last[whole] == 4).all()


def test_twelve_months_trailing_are_the_sum_that_amazon_prints(book):
    years = measures.trailing(book.quarters("capex", companies=["amzn"])).set_index("period").value
    assert years[["2025Q1", "2025Q3", "2025Q4", "2026Q1"]].tolist() == pytest.approx([93.093, 120.131, 131.819, 151.003], abs=STEP)


def test_amazons_2024_is_a_year_and_not_its_last_quarter(book):
    assert printed(book, "capex_cash", "amzn")[["2024", "2024Q4", "2025"]].tolist() == [82.999, 27.834, 131.819]


# 3. Amazon: a recast, a lost sign, an adjusted figure.


def test_amazons_operating_cash_flow_of_2017_was_recast(book):
    assert prints(book, "operating_cash_flow", "amzn", "2017-01-01", "2017-12-31") == {18.434, 18.365}
    assert year_of(quarters(then("2019-01-31"), "operating_cash_flow", "amzn"), 2017) == pytest.approx(18.434, abs=STEP)
    assert year_of(quarters(book, "operating_cash_flow", "amzn"), 2017) == pytest.approx(18.365, abs=STEP)


def test_an_outflow_keeps_its_sign_so_that_the_last_quarter_is_right(book):
    assert quarters(book, "operating_cash_flow", "amzn")[["2022Q1", "2022Q4"]].tolist() == pytest.approx([-2.790, 29.173])


@pytest.mark.parametrize(
    ("metric", "period", "value", "wrong"), [("operating_income", "2025Q3", 17.422, 19.922), ("net_income", "2025Q4", 21.192, 9.47)]
)
def test_a_figure_that_sites_adjust_or_derive_wrongly_is_as_reported(book, metric, period, value, wrong):
    assert quarters(book, metric, "amzn")[period] == pytest.approx(value)
    assert wrong not in set(book.versions(metric, companies=["amzn"]).value)


# 4. Meta: net, gross, net again.


@pytest.mark.parametrize(("year", "gross", "net"), [(2021, 18.690, 18.567), (2022, 31.431, 31.186), (2023, 27.266, 27.045)])
def test_metas_years_gross_and_net(book, year, gross, net):
    assert prints(book, "capex_cash", "meta", f"{year}-01-01", f"{year}-12-31") == {gross}
    assert prints(book, "capex_net", "meta", f"{year}-01-01", f"{year}-12-31") == {net}
    assert year_of(quarters(book, "capex_cash", "meta"), year) == pytest.approx(gross, abs=STEP)


@pytest.mark.parametrize("day", ["2022-02-03", "2022-12-31", "2023-03-01", "2024-02-02", "2024-12-31", "2026-09-01"])
def test_on_every_day_metas_series_is_net_throughout(day):
    frame = then(day).quarters("capex", companies=["meta"])
    assert set(frame.metric) == {"capex_net"}
    wanted = {2021: 18.567, 2022: 31.186, 2023: 27.045}
    whole = {year: value for year, value in wanted.items() if f"{year}Q4" in set(frame.period)}
    assert len(whole) == min(3, pd.Timestamp(day).year - 2021)
    assert {year: year_of(frame.set_index("period").value, year) for year in whole} == pytest.approx(whole, abs=STEP)


def test_all_eleven_years_of_meta_add_up_net(book):
    series, years = quarters(book, "capex_net", "meta"), printed(book, "capex_net", "meta")
    for year in range(2015, 2026):
        assert year_of(series, year) == pytest.approx(years[str(year)], abs=STEP), year


@pytest.mark.parametrize(("period", "value"), [("2023", 28.103), ("2024", 39.225), ("2025", 72.215), ("2026Q1", 19.840), ("2026Q2", 31.078)])
def test_metas_headline_is_net_and_principal(book, period, value):
    net, principal = (quarters(book, metric, "meta").filter(regex=f"^{period}").sum() for metric in ("capex_net", "finance_lease_principal"))
    assert net + principal == pytest.approx(value, abs=STEP)
    stated = book.quarters("capex", basis="as_stated", companies=["meta"])
    stated = stated[stated.period.str.startswith(period)]
    assert stated.value.sum() == pytest.approx(value, abs=book.half(id for ids in stated.facts for id in ids) + STEP)


def test_metas_growth_is_taken_with_principal_on_both_sides_or_not_at_all(book):
    net, stated = (measures.trailing(book.quarters("capex", basis=basis, companies=["meta"])) for basis in ("net", "as_stated"))
    growth = {name: measures.growth(frame).set_index("period").value["2025Q4"] for name, frame in (("net", net), ("stated", stated))}
    assert growth == {"net": pytest.approx(69.691 / 37.256 - 1, abs=1e-3), "stated": pytest.approx(0.84, abs=0.005)}
    assert measures.growth(pd.concat([net[net.period == "2024Q4"], stated[stated.period == "2025Q4"]])).empty


# 5. Alphabet.


def test_six_months_of_alphabet_are_not_a_quarter(book):
    assert printed(book, "capex_cash", "googl")[["2026Q1", "H1 2026"]].tolist() == [35.674, 80.598]
    series = quarters(book, "capex_cash", "googl")
    assert series[["2026Q1", "2026Q2"]].tolist() == pytest.approx([35.674, 44.924])
    assert 80.598 not in set(series)


def test_before_alphabets_release_the_second_quarter_is_a_hole_and_no_half_year():
    assert quarters(then("2026-07-21"), "capex_cash", "googl").index[-1] == "2026Q1"
    assert quarters(then("2026-07-22"), "capex_cash", "googl")["2026Q2"] == pytest.approx(44.924)


def test_alphabets_property_is_one_balance_under_two_tags(book):
    frame = book.versions("property_and_equipment", companies=["googl"], since="2024-12-31")
    assert frame.groupby("period_end").value.nunique().max() == 1
    ends = frame.groupby(frame.period_end.dt.strftime("%Y-%m")).value.first()
    assert ends[["2024-12", "2025-03", "2025-06", "2025-09", "2025-12", "2026-03"]].tolist() == [171.036, 185.062, 203.231, 223.787, 246.597, 281.020]
    newer = "PropertyPlantAndEquipmentAndFinanceLeaseRightOfUseAsset"
    old, new = (
        set(book.facts.period_end[book.facts.name.str.startswith("googl/property_and_equipment/") & (book.facts.locator.str.contains(newer) == side)])
        for side in (False, True)
    )
    assert max(old) < max(new)
    assert len(old | new) == len(book.observations("property_and_equipment", companies=["googl"]))


def test_alphabets_2015_was_filed_net_and_then_gross(book):
    assert prints(book, "capex_net", "googl", "2015-01-01", "2015-12-31") == {9.915}
    assert prints(book, "capex_cash", "googl", "2015-01-01", "2015-12-31") == {9.950}
    assert quarters(then("2016-12-31"), "capex", "googl")["2015Q4"] == pytest.approx(9.915 - 7.815)
    assert quarters(book, "capex", "googl")["2015Q4"] == pytest.approx(9.950 - 7.848)


def test_alphabets_operating_cash_flow_of_2015_is_of_one_presentation(book):
    assert prints(book, "operating_cash_flow", "googl", "2015-01-01", "2015-12-31") == {26.024, 26.572}
    assert year_of(quarters(book, "operating_cash_flow", "googl"), 2015) == pytest.approx(26.572)
    assert quarters(then("2016-05-02"), "operating_cash_flow", "googl")["2015Q4"] == pytest.approx(26.024 - 19.609)
    assert "2015Q4" not in quarters(then("2016-05-03"), "operating_cash_flow", "googl").index  # the year is recast, its nine months are not yet


def test_alphabet_has_no_total_of_depreciation_and_amortization(book):
    assert book.quarters("depreciation_and_amortization", companies=["googl"]).empty
    assert quarters(book, "depreciation", "googl").index[0] == "2023Q1"


def test_alphabets_first_quarter_of_negative_free_cash_flow():
    cash, spent = (quarters(then(EDITION), metric, "googl") for metric in ("operating_cash_flow", "capex"))
    free = (cash - spent).dropna()
    assert len(free) >= 46
    assert free[free < 0].to_dict() == pytest.approx({"2026Q2": 39.069 - 44.924})
    assert free["2026Q2"] == pytest.approx(-5.855)


# 6. Fiscal calendars.


@pytest.mark.parametrize(
    ("company", "end", "fiscal", "end_month", "overlap", "days"),
    [
        ("aapl", "2026-06-27", "FY2026 Q3", "2026Q2", "2026Q2", {"2026Q1": 3, "2026Q2": 88}),
        ("msft", "2026-06-30", "FY2026 Q4", "2026Q2", "2026Q2", {"2026Q2": 91}),
        ("nvda", "2026-01-25", "FY2026 Q4", "2026Q1", "2025Q4", {"2025Q4": 66, "2026Q1": 25}),
        ("nvda", "2026-04-26", "FY2027 Q1", "2026Q2", "2026Q1", {"2026Q1": 65, "2026Q2": 26}),
        ("nvda", "2026-07-26", "FY2027 Q2", "2026Q3", "2026Q2", {"2026Q2": 65, "2026Q3": 26}),
        ("orcl", "2025-05-31", "FY2025 Q4", "2025Q2", "2025Q2", {"2025Q1": 31, "2025Q2": 61}),
        ("orcl", "2026-02-28", "FY2026 Q3", "2026Q1", "2026Q1", {"2025Q4": 31, "2026Q1": 59}),
        ("orcl", "2026-08-31", "FY2027 Q1", "2026Q3", "2026Q3", {"2026Q2": 30, "2026Q3": 62}),
        *((company, "2026-06-30", "FY2026 Q2", "2026Q2", "2026Q2", {"2026Q2": 91}) for company in ("amzn", "googl", "meta", "tsla")),
    ],
)
def test_a_quarter_is_named_by_each_calendar_rule(book, company, end, fiscal, end_month, overlap, days):
    for calendar, name in (("fiscal", fiscal), ("end_month", end_month), ("overlap", overlap)):
        frame = book.quarters("revenue", companies=[company], calendar=calendar)
        row = frame[frame.period_end == end]
        assert row.period.tolist() == [name]
    assert periods.day_weighted(row.assign(half=0.0, strength=0)).set_index("period").days.to_dict() == days


@pytest.mark.parametrize(("company", "ends"), [("aapl", ["2016-12-31", "2022-12-31"]), ("nvda", ["2016-01-31", "2021-01-31"])])
def test_quarters_of_ninety_eight_days_are_quarters(company, ends):
    frame = then(EDITION).quarters("revenue", companies=[company], calendar="fiscal")
    days = (frame.period_end - frame.period_start).dt.days + 1
    assert set(days) == {91, 98}
    assert frame.period_end[days == 98].dt.strftime("%Y-%m-%d").tolist() == ends


@pytest.mark.parametrize(("company", "period", "value"), [("aapl", "FY2017 Q1", 3.334), ("aapl", "FY2023 Q1", 3.787)])
def test_capital_spending_of_a_quarter_of_ninety_eight_days(book, company, period, value):
    assert quarters(book, "capex_cash", company, "fiscal")[period] == pytest.approx(value)


@pytest.mark.parametrize("calendar", ["end_month", "overlap"])
@pytest.mark.parametrize("metric", FLOWS)
def test_no_calendar_quarter_holds_two_quarters_and_none_is_skipped(book, metric, calendar):
    fiscal, named = (
        book.quarters(metric, companies=FIRMS, calendar=rule).set_index(["company", "period_end"]).period for rule in ("fiscal", calendar)
    )
    assert not named.reset_index().duplicated(["company", "period"]).any()
    shift = (periods.position(named) - periods.position(fiscal)).groupby("company").nunique()
    assert len(fiscal) == len(named) > 80
    assert (shift == 1).all(), shift[shift > 1]


def test_weighting_by_days_loses_nothing_of_nvidias_quarters(book):
    single = book.quarters("revenue", companies=["nvda"], calendar="fiscal").assign(half=0.0, strength=0)
    pieces = periods.day_weighted(single)
    assert pieces.value.sum() == pytest.approx(single.value.sum())
    assert pieces.days.sum() == ((single.period_end - single.period_start).dt.days + 1).sum()
    assert pieces.period[~pieces.whole].tolist() == [pieces.period.iloc[0], pieces.period.iloc[-1]]
    long = single[single.period_end == "2016-01-31"]
    assert periods.day_weighted(long).set_index("period").days.to_dict() == {"2015Q4": 67, "2016Q1": 31}
    weighted = quarters(book, "revenue", "nvda", "day_weighted")
    assert weighted["2026Q1"] == pytest.approx(68.127 * 25 / 91 + 81.615 * 65 / 91)
    assert pieces.period.iloc[-1] not in weighted.index


@pytest.mark.parametrize(
    ("company", "end", "value"), [("nvda", "2026-01-25", 6.042), ("msft", "2026-06-30", 115.948), ("orcl", "2026-05-31", 55.663)]
)
def test_fiscal_2026_is_another_twelve_months_at_each_firm(book, company, end, value):
    frame = book.quarters("capex", companies=[company], calendar="fiscal")
    assert frame.period_end[frame.period == "FY2026 Q4"].item() == pd.Timestamp(end)
    assert year_of(frame.set_index("period").value, 2026) == pytest.approx(value, abs=STEP)


def test_fiscal_quarters_of_one_name_are_not_added_across_firms(book):
    assert "FY2026 Q3" not in quarters(then(EDITION), "capex", "amzn", "fiscal").index  # its year is not over
    for pair in (["msft", "nvda"], ["amzn", "orcl"], ["aapl", "googl"]):
        with pytest.raises(ValueError, match="calendar='overlap'"):
            measures.total(book.quarters("capex", companies=pair, calendar="fiscal", since="2025-01-01"))


# 7. Cash is not accrual.


@pytest.mark.parametrize(
    ("company", "end", "value"),
    [("googl", "2025-12-31", 15.090), ("googl", "2026-03-31", 24.131), ("meta", "2025-06-30", 10.618), ("orcl", "2025-05-31", 2.970)],
)
def test_property_bought_and_not_paid_is_a_balance(book, company, end, value):
    assert printed(book, "capex_unpaid", company)[end] == value


def test_alphabet_received_more_than_it_paid_for_and_the_balance_is_no_flow(book):
    unpaid = printed(book, "capex_unpaid", "googl")
    assert unpaid["2026-03-31"] - unpaid["2025-12-31"] == pytest.approx(9.041)
    with pytest.raises(ValueError, match="is a stock, not a flow"):
        book.quarters("capex_unpaid")


@pytest.mark.parametrize(
    ("day", "wanted"), [("2026-02-04", {"2023-12-31": 2.800, "2024-12-31": 3.200}), ("2026-02-05", {"2023-12-31": 7.435, "2024-12-31": 10.326})]
)
def test_alphabets_item_changed_its_definition_for_all_dates_at_once(day, wanted):
    assert printed(then(day), "capex_unpaid", "googl")[list(wanted)].to_dict() == wanted


def test_metas_item_was_a_change_until_2017_and_a_balance_afterwards(book):
    assert printed(book, "capex_unpaid_change", "meta")["2017"] == 0.363
    assert printed(book, "capex_unpaid", "meta")["2017-12-31"] == 0.882
    assert 0.363 not in set(book.versions("capex_unpaid", companies=["meta"]).value)
    assert (book.metrics.kind["capex_unpaid_change"], book.metrics.kind["capex_unpaid"]) == ("flow", "stock")


# 8. Oracle.


@pytest.mark.parametrize(("year", "value"), [(2024, 6.866), (2025, 21.215), (2026, 55.663)])
def test_oracles_years(book, year, value):
    assert printed(book, "capex_cash", "orcl")[f"{year - 1}-06-01..{year}-05-31"] == value
    assert year_of(quarters(book, "capex_cash", "orcl", "fiscal"), year) == pytest.approx(value, abs=STEP)


def test_oracles_quarters_of_fiscal_2026_and_after(book):
    series = quarters(book, "capex_cash", "orcl", "fiscal")
    assert series[["FY2026 Q1", "FY2026 Q2", "FY2026 Q3", "FY2026 Q4", "FY2027 Q1"]].tolist() == pytest.approx(
        [8.502, 12.033, 18.635, 16.493, 28.499]
    )


def test_oracles_trailing_free_cash_flow_is_no_quarter(book):
    free = (quarters(book, "operating_cash_flow", "orcl", "fiscal") - quarters(book, "capex_cash", "orcl", "fiscal")).dropna()
    assert free[["FY2026 Q1", "FY2026 Q2", "FY2026 Q3"]].tolist() == pytest.approx([8.140 - 8.502, 2.066 - 12.033, 7.151 - 18.635])
    assert free["FY2025 Q2":"FY2026 Q1"].sum() == pytest.approx(-5.880)
    assert free["FY2025 Q4":"FY2026 Q3"].sum() == pytest.approx(-24.7, abs=0.05)
    assert not {-3.62, -5.88, -24.7} & set(book.facts.number[book.facts.company == "orcl"])


def test_oracles_full_year_is_never_a_quarter_of_revenue(book):
    facts = book.facts[(book.facts.company == "orcl") & (book.facts.metric == "revenue")]
    span = periods.length(facts.period_start, facts.period_end)
    assert facts.number[span == 1].max() < 20
    assert {39.383, 42.440} <= set(facts.number[span == 4])
    series = quarters(book, "revenue", "orcl", "fiscal")
    assert series.max() < 20
    assert series[["FY2018 Q4", "FY2022 Q4"]].tolist() == pytest.approx([39.383 - 28.369, 42.440 - 30.600])


def test_oracles_operating_income_is_as_reported_and_not_a_vendors(book):
    assert quarters(book, "operating_income", "orcl", "fiscal")["FY2026 Q3"] == 5.464
    assert 5.637 not in set(book.versions("operating_income", companies=["orcl"]).value)
    assert not {129.647, 161.812} & set(book.versions("property_and_equipment", companies=["orcl"]).value)


# 9. Nvidia: the tag changed, and its annual reports had one of their own.


def test_nvidias_series_runs_on_over_the_change_of_tag(book):
    series = quarters(book, "capex_cash", "nvda", "fiscal")
    filed = {"FY2020 Q1": 0.128, "FY2020 Q2": 0.113, "FY2020 Q3": 0.103, "FY2021 Q1": 0.155, "FY2021 Q2": 0.217, "FY2021 Q3": 0.473}
    assert series[list(filed)].to_dict() == pytest.approx(filed)
    assert series[[f"FY{year} Q{quarter}" for year in range(2022, 2027) for quarter in range(1, 5)]].notna().all()
    used = book.facts[(book.facts.company == "nvda") & (book.facts.metric == "capex_cash") & (book.facts.period_end == "2019-10-27")]
    assert set(used.number) == {0.344}
    assert {locator.rsplit(":", 1)[1] for locator in used.locator} == {
        "PaymentsToAcquirePropertyPlantAndEquipment",
        "PaymentsToAcquireProductiveAssets",
    }


def test_nvidias_last_quarters_before_are_named_holes(book):
    series = quarters(book, "capex_cash", "nvda", "fiscal")
    assert not [f"FY{year} Q4" for year in range(2015, 2021) if f"FY{year} Q4" in series.index]
    assert series.get("FY2021 Q4", 0.283) == pytest.approx(1.128 - 0.845)
    assert is_named("capex_cash", "nvda")
    years = measures.trailing(book.quarters("capex_cash", companies=["nvda"], calendar="fiscal")).period
    assert {"FY2022 Q4", "FY2026 Q4"} <= set(years)
    assert not (years < "FY2021").any()


# 9. Tesla: a recast of 2024, a line of its own, others' parts.


@pytest.mark.parametrize(
    ("period", "before", "after", "old", "new"),
    [("2024Q1", "2025-04-22", "2025-04-23", 1.129, 1.390), ("2024Q2", "2025-07-23", "2025-07-24", 1.478, 1.400)],
)
def test_teslas_quarters_of_2024_were_recast(period, before, after, old, new):
    assert printed(then(before), "net_income", "tsla")[period] == old
    assert printed(then(after), "net_income", "tsla")[period] == new


@pytest.mark.parametrize("day", ["2024-11-01", "2025-01-30", "2025-04-23", "2025-07-24", "2026-09-01"])
def test_teslas_quarters_of_2024_never_mix_presentations(day):
    series = quarters(then(day), "net_income", "tsla").filter(regex="^2024")
    first = (series["2024Q1"], series["2024Q2"])
    assert first in [(1.129, 1.478), (1.390, 1.400)]
    assert "2024Q4" not in series.index or first == (1.390, 1.400)  # the year is recast: less unrecast nine months it is no quarter
    assert "2024Q4" not in series.index or series.sum() == pytest.approx(7.091, abs=STEP)  # 7.274 is two recast quarters and two of before


def test_teslas_year_2024_is_there_and_its_missing_quarter_has_a_reason(book):
    assert printed(book, "net_income", "tsla")["2024"] == 7.091
    assert "2024Q4" in quarters(book, "net_income", "tsla").index or is_named("net_income", "tsla")


def test_solar_systems_are_a_metric_of_their_own_until_the_line_takes_them_in(book):
    assert printed(book, "capex_net", "tsla")["2024"] == 11.339
    assert printed(book, "capex_solar", "tsla")["2024"] == 0.003
    assert prints(book, "capex_net", "tsla", "2024-01-01", "2024-03-31") == {2.773, 2.777}
    assert year_of(quarters(book, "capex_net", "tsla"), 2024) == pytest.approx(11.339, abs=STEP)
    assert printed(then("2025-04-22"), "capex_net", "tsla")["2024Q1"] == 2.773
    assert printed(then("2025-04-23"), "capex_net", "tsla")["2024Q1"] == 2.777


def test_teslas_half_year_2026_is_not_split(book):
    assert printed(book, "capex_net", "tsla")["H1 2026"] == 8.282
    assert not set(quarters(book, "capex", "tsla").index) & {"2026Q1", "2026Q2"}
    assert not {2.493, 5.789} & set(book.facts.number[book.facts.company == "tsla"])
    assert ledger.tables()["omitted"].evidence.str.contains("TSLA capex Q1 2026").any()


def test_teslas_net_income_leaves_out_what_belongs_to_others(book):
    assert quarters(book, "net_income", "tsla")["2025Q3"] == 1.373
    assert 1.389 not in set(book.versions("net_income", companies=["tsla"]).value)


def test_teslas_note_on_property_is_not_its_total_depreciation(book):
    whole, note = (quarters(book, metric, "tsla") for metric in ("depreciation_and_amortization", "depreciation"))
    assert whole["2018Q1"] == pytest.approx(0.416, abs=0.0005)
    both = whole.index.intersection(note.index)
    assert len(both) >= 20
    assert (whole[both] > note[both]).all()
    assert not whole.index.str.startswith("2019").any()  # the firm's own tag: a hole, while the note goes on
    assert note.filter(regex="^2019").size == 4


# 9. Apple.


def test_apples_year_and_newest_quarter(book):
    assert printed(book, "capex_cash", "aapl")["2024-09-29..2025-09-27"] == 12.715
    assert quarters(book, "capex_cash", "aapl", "fiscal")["FY2026 Q3"] == pytest.approx(2.455)
    others = book.quarters("capex", companies=["amzn", "googl", "meta", "msft"])
    assert others.value[others.period == "2026Q2"].min() > 10 * 2.455


def test_apples_years_of_fifty_three_weeks_are_years(book):
    frame = then(EDITION).observations("capex_cash", companies=["aapl"])
    days = (frame.period_end - frame.period_start).dt.days + 1
    assert frame.period_end[days == 371].dt.strftime("%Y-%m-%d").tolist() == ["2017-09-30", "2023-09-30"]
    for year, value in ((2017, 12.451), (2023, 10.959)):
        assert year_of(quarters(book, "capex_cash", "aapl", "fiscal"), year) == pytest.approx(value, abs=STEP)


def test_apple_has_no_series_with_leases_and_no_stand_in_for_it(book):
    assert book.quarters("finance_lease_additions", companies=["aapl"]).empty
    assert book.quarters("capex", basis="with_leases", companies=["aapl"]).empty


# 10. Company facts: the periods are in start and end.

ANCHOR = "us-gaap:NotMapped"  # says of which period a filing is


def filing(accession, form, filed, start, end, *facts):
    """One filing as company facts have it: each fact a tag, start, end and value in millions, all with the fy and fp of the filing."""
    common = {"accn": accession, "form": form, "filed": filed, "fy": int(end[:4]) + 1, "fp": "FY" if form == "10-K" else "Q1"}
    return [
        (tag, {**({"start": begin} if begin else {}), "end": last, "val": value * 1000000, **common})
        for tag, begin, last, value in [(ANCHOR, start, end, 1), *facts]
    ]


def rows(folder, company, facts):
    """What edgar makes of a filing with the project's own tag map: company facts written to a file and read again."""
    companies = edgar.read_companies(ROOT / "data" / "companies.csv")
    cik = next(key for key, (name, _) in companies.items() if name == company)
    content = {}
    for tag, entry in facts:
        taxonomy, name = tag.split(":")
        content.setdefault(taxonomy, {}).setdefault(name, {"units": {"USD": []}})["units"]["USD"].append(entry)
    folder.joinpath("facts.json").write_text(json.dumps({"cik": cik, "facts": content}), encoding="utf-8")
    metrics = ledger.tables()["metrics"]
    stocks = set(metrics.metric[metrics.kind == "stock"])
    return edgar.rows(edgar.read_facts(folder / "facts.json"), edgar.read_tag_map(ROOT / "data" / "tag_map.csv"), company, companies, stocks=stocks)


def test_the_filings_fiscal_year_is_never_taken_for_the_facts(tmp_path):
    tag = "us-gaap:PaymentsToAcquirePropertyPlantAndEquipment"
    one = filing(
        "0001-25-1",
        "10-Q",
        "2025-10-29",
        "2025-07-01",
        "2025-09-30",
        (tag, "2024-07-01", "2024-09-30", 14923),
        (tag, "2025-07-01", "2025-09-30", 19394),
    )
    without = [(tag, {name: cell for name, cell in entry.items() if name not in ("fy", "fp")}) for tag, entry in one]
    for facts in (one, without, [(tag, entry | {"fy": 1999, "fp": "Q3"}) for tag, entry in without]):
        found = [(row["metric"], row["period_start"], row["period_end"], row["value"], row["source"]) for row in rows(tmp_path, "msft", facts)]
        assert found == [
            ("capex_cash", "2024-07-01", "2024-09-30", "14923", "msft-10-q-2025-09-30"),
            ("capex_cash", "2025-07-01", "2025-09-30", "19394", "msft-10-q-2025-09-30"),
        ]


@pytest.mark.parametrize(
    ("company", "tag", "form", "filed", "start", "end", "metric", "value", "unit"),
    [
        ("amzn", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2017-02-10", "2016-01-01", "2016-12-31", "capex_net", 6737, "USD m"),
        ("amzn", "PaymentsForProceedsFromProductiveAssets", "10-Q", "2017-10-27", "2017-01-01", "2017-09-30", "capex_net", 7022, "USD m"),
        ("amzn", "PaymentsForProceedsFromProductiveAssets", "10-K", "2018-02-02", "2017-01-01", "2017-12-31", "capex_cash", 11955, "USD m"),
        ("amzn", "PaymentsToAcquireProductiveAssets", "10-K", "2019-02-01", "2018-01-01", "2018-12-31", "capex_cash", 13427, "USD m"),
        (
            "amzn",
            "RepaymentsOfLongTermCapitalLeaseObligations",
            "10-K",
            "2019-02-01",
            "2018-01-01",
            "2018-12-31",
            "finance_lease_principal",
            7449,
            "USD m",
        ),
        ("amzn", "DepreciationDepletionAndAmortization", "10-K", "2016-01-29", "2015-01-01", "2015-12-31", "depreciation", 4949, "USD m"),
        (
            "amzn",
            "DepreciationDepletionAndAmortization",
            "10-K",
            "2023-02-03",
            "2022-01-01",
            "2022-12-31",
            "depreciation_and_amortization",
            41921,
            "USD m",
        ),
        ("meta", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2022-02-03", "2021-01-01", "2021-12-31", "capex_net", 18567, "USD m"),
        ("meta", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2023-02-02", "2022-01-01", "2022-12-31", "capex_cash", 31431, "USD m"),
        ("meta", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2025-01-30", "2024-01-01", "2024-12-31", "capex_net", 37256, "USD m"),
        ("meta", "CapitalExpendituresIncurredButNotYetPaid", "10-K", "2018-02-01", "2017-01-01", "2017-12-31", "capex_unpaid_change", 363, "USD m"),
        ("meta", "CapitalExpendituresIncurredButNotYetPaid", "10-K", "2020-01-30", "2019-01-01", "2019-12-31", "capex_unpaid", 1887, "USD m"),
        ("googl", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2016-02-11", "2015-01-01", "2015-12-31", "capex_net", 9915, "USD m"),
        ("googl", "PaymentsToAcquirePropertyPlantAndEquipment", "10-K", "2017-02-03", "2016-01-01", "2016-12-31", "capex_cash", 10212, "USD m"),
        ("nvda", "PaymentsToAcquirePropertyPlantAndEquipment", "10-Q", "2020-08-19", "2020-01-27", "2020-07-26", "capex_cash", 372, "USD m"),
        ("nvda", "PaymentsToAcquireProductiveAssets", "10-Q", "2020-11-18", "2020-01-27", "2020-10-25", "capex_cash", 845, "USD m"),
        ("aapl", "DepreciationDepletionAndAmortization", "10-K", "2017-11-03", "2016-09-25", "2017-09-30", "depreciation", 8200, "USD bn"),
        (
            "aapl",
            "DepreciationDepletionAndAmortization",
            "10-K",
            "2018-11-05",
            "2017-10-01",
            "2018-09-29",
            "depreciation_and_amortization",
            10903,
            "USD m",
        ),
        ("tsla", "DepreciationAndAmortization", "10-Q", "2018-05-07", "2018-01-01", "2018-03-31", "depreciation_and_amortization", 416, "USD m"),
        ("tsla", "DepreciationDepletionAndAmortization", "10-Q", "2018-11-02", "2018-07-01", "2018-09-30", "depreciation", 300, "USD m"),
        ("orcl", "Revenues", "10-K", "2018-06-22", "2017-06-01", "2018-05-31", "revenue", 39831, "USD m"),
    ],
)
def test_a_tag_means_what_it_meant_on_the_day_of_filing(tmp_path, company, tag, form, filed, start, end, metric, value, unit):
    [row] = rows(tmp_path, company, filing("0001-01-1", form, filed, start, end, (f"us-gaap:{tag}", start, end, value)))
    assert (row["metric"], row["period_end"], row["unit"]) == (metric, end, unit)
    assert float(row["value"]) * (1000 if unit == "USD bn" else 1) == value
    assert row["period_start"] == ("" if metric == "capex_unpaid" else start)


@pytest.mark.parametrize(
    ("company", "tag", "filed", "start", "end"),
    [
        ("orcl", "Revenues", "2020-06-22", "2018-03-01", "2018-05-31"),  # a whole year in a context of three months
        ("tsla", "DepreciationAndAmortization", "2019-02-19", "2018-01-01", "2018-12-31"),  # no longer the total
        ("googl", "DepreciationDepletionAndAmortization", "2020-02-04", "2019-01-01", "2019-12-31"),
    ],
)
def test_a_tag_that_no_longer_means_it_is_left_out(tmp_path, company, tag, filed, start, end):
    assert rows(tmp_path, company, filing("0001-01-1", "10-K", filed, start, end, (f"us-gaap:{tag}", start, end, 39383))) == []


def test_two_tags_for_one_balance_are_one_row_unless_they_disagree(tmp_path):
    old = "us-gaap:PropertyPlantAndEquipmentNet"
    new = "us-gaap:PropertyPlantAndEquipmentAndFinanceLeaseRightOfUseAssetAfterAccumulatedDepreciationAndAmortization"
    for other, numbers in ((185062, ["1"]), (185063, ["1", "2"])):
        found = rows(
            tmp_path,
            "googl",
            filing("0001-25-1", "10-Q", "2025-04-25", "2025-01-01", "2025-03-31", (old, "", "2025-03-31", 185062), (new, "", "2025-03-31", other)),
        )
        assert [row["n"] for row in found] == numbers


# 10. Differences are taken inside one presentation.


@pytest.mark.parametrize("metric", FLOWS)
def test_a_quarter_is_never_made_from_two_presentations(book, metric):
    frame = book.quarters(metric, companies=FIRMS)
    derived = frame[frame.how == "derived"]
    assert len(derived) > 15
    used = book.facts.loc[:, ["metric", "presentation"]]
    for row in derived.itertuples():
        assert used.loc[list(row.facts)].groupby("metric").presentation.nunique().max() == 1, (row.company, row.period)


def test_metas_last_quarter_of_2016_is_of_matched_presentations(book):
    for each in (book, then("2017-02-03"), then("2017-12-31")):
        series = quarters(each, "operating_cash_flow", "meta")
        assert series["2016Q4"] == pytest.approx(4.930)  # 6.350 with the nine months of before
        assert year_of(series, 2016) == pytest.approx(16.108)
    assert "2016Q4" not in quarters(then("2017-02-02"), "operating_cash_flow", "meta").index


def test_amazons_depreciation_of_2022_is_of_matched_presentations(book):
    series = quarters(book, "depreciation_and_amortization", "amzn")
    assert series["2022Q4"] == pytest.approx(12.685)  # 13.145 with the nine months of before
    assert year_of(series, 2022) == pytest.approx(41.921)


@pytest.mark.parametrize(("company", "period", "whole", "note"), [("aapl", "2014-09-28..2015-09-26", 11.257, 9.2), ("amzn", "2015", 6.281, 4.949)])
def test_the_note_on_property_is_not_taken_for_the_line_of_the_cash_flow(book, company, period, whole, note):
    assert printed(book, "depreciation_and_amortization", company)[period] == whole
    assert printed(book, "depreciation", company)[period] == note
    years = printed(book, "depreciation_and_amortization", company)
    assert not set(years) & set(printed(book, "depreciation", company))


# 10. Carried forward.


@pytest.mark.parametrize(("metric", "before", "value"), [("capex_cash", 44.203, 54.208), ("aws_revenue", 37.587, 42.232)])
def test_amazons_newest_quarter_is_not_the_one_before_again(book, metric, before, value):
    assert quarters(book, metric, "amzn")[["2026Q1", "2026Q2"]].tolist() == [before, value]
    assert quarters(then("2026-07-29"), metric, "amzn").index[-1] == "2026Q1"


def test_what_dashboards_do_wrong_is_found_when_it_is_entered(copy):
    planted = [
        ("capex", "amzn", "capex_cash", "2026-04-01", "2026-06-30", "44203", "carried"),
        ("capex", "amzn", "capex_cash", "2025-01-01", "2025-12-31", "93093", "trailing"),
        ("capex", "googl", "capex_cash", "2026-04-01", "2026-06-30", "80598", "cumulative"),
        ("financials", "orcl", "revenue", "2018-03-01", "2018-05-31", "39383", "cumulative"),
    ]
    common = {
        "relation": "=",
        "low": "",
        "high": "",
        "unit": "USD m",
        "stance": "actual",
        "grade": "press",
        "source": "plainsight-2026-08-22-amzn",
        "n": "1",
        "locator": "planted",
        "note": "",
    }
    columns = ("company", "metric", "period_start", "period_end", "value")
    where = {}
    for table in ("capex", "financials"):
        wrong = [common | dict(zip(columns, cells, strict=True)) for name, *cells, _ in planted if name == table]
        changed = edit(copy, table, lambda rows, wrong=wrong: sorted([*rows, *wrong], key=edgar.row_key))
        where |= {(f"data/{table}.csv", number): row for number, row in enumerate(changed, 2) if row["locator"] == "planted"}
    assert len(where) == len(planted)
    found = {(where[place]["value"], finding["rule"]) for finding in check.findings(copy) if (place := (finding["file"], finding["row"])) in where}
    assert {(value, rule) for *_, value, rule in planted} <= found


@pytest.mark.parametrize("metric", ["capex", "operating_cash_flow", "revenue"])
def test_a_missing_quarter_is_a_hole_and_no_zero(book, metric):
    frame = book.quarters(metric, companies=FIRMS)
    assert set(frame.company) == set(FIRMS)
    assert (frame.value.abs() > 0.001).all()


# 11. Invented numbers.


def test_amazons_net_sales_of_2026_are_reported_and_not_invented(book):
    assert printed(book, "revenue", "amzn")["2026Q1"] == 181.519
    assert quarters(book, "revenue", "amzn")["2026Q1"] == 181.519
    assert not {155.2, 150.2} & set(book.versions("revenue", companies=["amzn"]).value)


@pytest.mark.parametrize("company", ["amzn", "msft"])
def test_capital_spending_is_as_uneven_as_filed(book, company):
    frame = book.quarters("capex", companies=[company])
    steps = frame.value.map(math.log).diff()
    assert len(frame) > 40
    assert steps.rolling(6).std().min() > 0.01
    assert set(frame.grade) <= {"filed", "stated"}


# The day before a restatement was public, and the day itself.


@pytest.mark.parametrize(
    ("metric", "company", "period", "before", "day", "old", "new"),
    [
        ("operating_cash_flow", "amzn", "2017", "2019-01-31", "2019-02-01", 18.434, 18.365),
        ("operating_cash_flow", "googl", "2015", "2016-05-02", "2016-05-03", 26.024, 26.572),
        ("operating_cash_flow", "meta", "2015", "2017-02-02", "2017-02-03", 8.599, 10.320),
        ("depreciation_and_amortization", "amzn", "2021", "2023-02-02", "2023-02-03", 34.296, 34.433),
        ("depreciation_and_amortization", "amzn", "2022Q1", "2023-04-27", "2023-04-28", 8.978, 9.193),
        ("capex_unpaid", "googl", "2024-12-31", "2026-02-04", "2026-02-05", 3.200, 10.326),
        ("revenue", "orcl", "2017-06-01..2018-05-31", "2019-06-20", "2019-06-21", 39.831, 39.383),
    ],
)
def test_a_restatement_is_seen_from_its_day_on(metric, company, period, before, day, old, new):
    assert [printed(then(date), metric, company)[period] for date in (before, day)] == [old, new]


@pytest.mark.parametrize(
    ("metric", "company", "period", "before", "day", "old", "new"),
    [
        ("operating_cash_flow", "amzn", "FY2017 Q4", "2019-01-31", "2019-02-01", 18.434 - 6.090, 18.365 - 6.007),
        ("revenue", "orcl", "FY2018 Q4", "2019-06-20", "2019-06-21", 39.831 - 28.579, 39.383 - 28.369),
    ],
)
def test_quarters_change_when_the_whole_year_is_restated(metric, company, period, before, day, old, new):
    assert [quarters(then(date), metric, company, "fiscal")[period] for date in (before, day)] == pytest.approx([old, new])
