import pytest

from outlay import ledger
from outlay.tools import review


def test_revisions_show_every_print_with_its_document(book):
    out = review.revisions(book, "meta", "capex_cash", "2022")
    assert set(out.value) == {31.431}
    assert out.source.tolist() == ["meta-10-k-2022-12-31", "meta-10-k-2023-12-31"]
    assert out.presentation.tolist() == [0, 1]


def test_revisions_without_a_period_show_what_was_printed_differently(book):
    out = review.revisions(book, "googl", "capex_unpaid")
    assert {3.2, 10.326} <= set(out.value)
    assert (out.groupby("period").value.nunique() > 1).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mfst", "revenue"), "did you mean 'msft'"),
        (("msft", "revenu"), "did you mean 'revenue'"),
        (("msft", "revenue", "1999"), "unknown period '1999'"),
    ],
)
def test_unknown_names_and_periods_are_refused(book, arguments, words):
    with pytest.raises(ValueError, match=words):
        review.revisions(book, *arguments)


def test_restatements_are_real_differences_with_both_documents(book):
    out = review.restatements(book)
    assert len(out) > 50
    assert (out.first_published <= out.last_published).all()
    row = out[(out.company == "googl") & (out.metric == "capex_unpaid") & (out.period == "2024-12-31")].iloc[0]
    assert (row["first"], row["last"]) == (3.2, 10.326)


def test_rounding_is_no_restatement(book):
    out = review.restatements(book)
    assert (out.difference.abs() > 1e-9).all()


def test_a_year_recast_without_its_quarters_is_listed_and_keeps_them(book):
    out = review.recast_years(book).set_index(["company", "metric", "fiscal_year"])
    row = out.loc[("msft", "net_income", 2016)]
    assert (row.quarters_add_up_to, row.year_printed_later) == (16.798, 20.539)
    quarters = book.quarters("net_income", calendar="fiscal", companies=["msft"])
    assert quarters[quarters.period.str.startswith("FY2016")].value.sum() == pytest.approx(16.798)


@pytest.mark.parametrize(
    ("company", "metric", "period", "before", "after", "day"),
    [
        ("googl", "capex_unpaid", "2024-12-31", 3.2, 10.326, "2026-02-05"),
        ("tsla", "net_income", "2024Q1", 1.129, 1.39, "2025-04-23"),
        ("meta", "operating_cash_flow", "2015", 8.599, 10.32, "2017-02-03"),
    ],
)
def test_the_day_before_a_restatement_knows_the_old_figure_and_the_day_itself_the_new(company, metric, period, before, after, day):
    import pandas as pd

    def known(as_of):
        frame = ledger.open(as_of=as_of).observations(metric, companies=[company])
        return frame[frame.period == period].value.tolist()

    eve = f"{pd.Timestamp(day) - pd.Timedelta(days=1):%Y-%m-%d}"
    assert known(eve) == [before]
    assert known(day) == [after]
