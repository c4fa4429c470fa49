"""The graph of deals: its algorithms against textbooks, its frames against the deals themselves."""

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import ledger, measures
from outlay.models import circle

DATES = ["2024-08-05", "2025-10-13", "2025-10-21", "2025-12-31", ""]


@pytest.fixture(scope="module", params=DATES)
def known(request):
    return ledger.open(as_of=request.param), circle.known(ledger.open(as_of=request.param))


@pytest.mark.parametrize("parties", [2, 3, 4, 5])
def test_a_complete_graph_has_as_many_cycles_as_combinatorics_says(parties):
    names = [f"p{number}" for number in range(parties)]
    found = circle.cycles(itertools.permutations(names, 2), longest=parties)
    assert len(found) == sum(math.comb(parties, length) * math.factorial(length - 1) for length in range(2, parties + 1))
    assert len(set(found)) == len(found)


def test_a_graph_without_a_way_back_has_no_cycle():
    assert circle.cycles([("a", "b"), ("b", "c"), ("a", "c")]) == []
    assert circle.cycles([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")], longest=3) == []


# Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, figure 26.1
CLRS = {("s", "1"): 16, ("s", "2"): 13, ("2", "1"): 4, ("1", "3"): 12, ("3", "2"): 9, ("2", "4"): 14, ("4", "3"): 7, ("3", "t"): 20, ("4", "t"): 4}


def test_the_textbooks_network_carries_what_the_textbook_says():
    total, used = circle.most_through(CLRS, "s", "t")
    assert total == 23
    assert all(amount <= CLRS[pair] for pair, amount in used.items())
    for party in "1234":
        into = sum(amount for (_, end), amount in used.items() if end == party)
        out = sum(amount for (start, _), amount in used.items() if start == party)
        assert into == pytest.approx(out)


pairs = st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")).filter(lambda pair: pair[0] != pair[1]), st.integers(1, 50), max_size=12)


@given(pairs)
def test_what_goes_round_nets_to_zero_for_every_party(capacity):
    total, used = circle.circulating(capacity, "a", longest=4)
    for party in "abcd":
        assert sum(amount for (_, end), amount in used.items() if end == party) == pytest.approx(
            sum(amount for (start, _), amount in used.items() if start == party)
        )
    assert total == pytest.approx(sum(amount for (start, _), amount in used.items() if start == "a"))
    assert all(amount <= capacity[pair] + 1e-9 for pair, amount in used.items())


@given(pairs)
def test_what_goes_round_is_no_more_than_is_paid_or_received_and_no_less_than_the_widest_circle(capacity):
    total, _ = circle.circulating(capacity, "a", longest=4)
    assert total <= sum(room for (start, _), room in capacity.items() if start == "a")
    assert total <= sum(room for (_, end), room in capacity.items() if end == "a")
    roads = [road for road in circle.cycles(capacity, 4) if "a" in road]
    widest = max((min(capacity[pair] for pair in zip(road, (*road[1:], road[0]), strict=True)) for road in roads), default=0)
    assert total >= widest


def test_the_published_circle_lets_twenty_a_year_go_round():
    # 100 over five years from Nvidia to OpenAI, 300 over five to Oracle, 100 over five to Nvidia: min(20, 60, 20), so that 40 of 60 is others' money
    total, _ = circle.circulating({("nvda", "openai"): 20, ("openai", "orcl"): 60, ("orcl", "nvda"): 20}, "openai")
    assert total == 20


def test_no_flow_contains_another(known):
    _, frame = known
    assert measures.contained(frame[~frame.way.isin(["measured", "cancelled"])]) == []


def test_every_flow_says_how_firm_it_was_and_nothing_appears_before_its_document(known):
    book, frame = known
    assert set(frame.firmness) <= {*circle.PROMISES, "cancelled"}
    newest = book.sources.published.max()
    assert (frame.period_end[frame.way != "measured"] <= newest).all()
    assert (book.documents(id for ids in frame.facts for id in ids).published.dropna() <= newest).all()


@pytest.mark.parametrize(("day", "absent"), [("2025-10-13", ["amzn", "anthropic", "cerebras", "meta"]), ("2025-10-21", ["amzn", "anthropic", "cerebras", "meta"])])
def test_at_the_dates_of_the_stories_nothing_later_is_in_the_circle(day, absent):
    shown = circle.circular(circle.known(ledger.open(as_of=day)), drawn=True)
    assert {*shown["from"], *shown["to"]} == {"openai", "nvda", "orcl", "amd", "coreweave", "msft"}
    assert not {*shown["from"], *shown["to"]} & set(absent)
    nvidia = shown[(shown["from"] == "nvda") & (shown.to == "openai")]
    assert nvidia.firmness.tolist() == ["letter_of_intent"]
    assert nvidia.whole.tolist() == [100]


def test_what_was_cancelled_stands_as_cancelled_and_moves_nothing():
    frame = circle.known(ledger.open())
    gone = frame[frame.deal == "nvda-openai-equity-2025"]
    assert gone.way.tolist() == ["cancelled"]
    with_it, without_it = (circle.capacities(rows, reading) for rows in (frame, frame[frame.way != "cancelled"]) for reading in ["high"])
    assert with_it == without_it


def test_talks_are_no_flows(known):
    book, frame = known
    talks = book.deals().query("firmness == 'talks'").deal
    assert not set(talks) & set(frame.deal)


def test_bounds_hold_the_reading_between_them(known):
    _, frame = known
    for hub in ("openai", "anthropic", "meta"):
        for row in (circle.returned(frame, hub).iloc[0], circle.due(frame, hub).iloc[0]):
            assert row.low <= row.value + 1e-9
            assert pd.isna(row.high) or row.value <= row.high + 1e-9


def test_a_longer_term_never_lets_more_go_round(known):
    _, frame = known
    values = [circle.returned(frame, "openai", spread).value.item() for spread in (2, 5, 10)]
    assert values == sorted(values, reverse=True)


def test_removing_a_deal_moves_only_what_names_it(known):
    book, _ = known
    deals = book.deals()
    alone = deals[~deals.deal.isin(deals.part_of) & deals.part_of.eq("")]  # a part's removal changes what stands for its whole
    date = book.sources.published.max()
    before = circle.flows(deals, date).set_index("deal")
    for name in alone.deal:
        after = circle.flows(deals[deals.deal != name], date).set_index("deal")
        pd.testing.assert_frame_equal(after, before.drop(index=name, errors="ignore"))


def test_removing_a_deal_of_others_leaves_what_comes_back_alone():
    frame = circle.known(ledger.open())
    before = circle.returned(frame, "openai")[["low", "value", "high"]].values.tolist()
    for name in frame.deal[(frame["from"] != "openai") & (frame.to != "openai") & ~frame.deal.isin(circle.circular(frame, "openai").deal)]:
        assert circle.returned(frame[frame.deal != name], "openai")[["low", "value", "high"]].values.tolist() == before, name
    without = circle.returned(frame[frame.deal != "amzn-openai-equity-2026-first"], "openai").low.item()
    assert without < before[0][0]


def test_the_parts_stand_for_what_they_add_up_to_and_the_whole_for_what_they_do_not():
    book = ledger.open()
    kept = set(circle.innermost(book.deals()).deal)
    assert {"amzn-openai-equity-2026-first", "amzn-openai-equity-2026-second"} <= kept and "amzn-openai-equity-2026" not in kept
    assert "msft-openai-equity" in kept and "msft-openai-equity-2019" not in kept  # 1 and 10 are not the 13 of the filings
    assert "openai-compute-total" not in kept and "openai-orcl-services" in kept


def test_a_year_of_a_contract_is_its_amount_over_the_printed_years():
    frame = circle.known(ledger.open()).set_index("deal")
    assert frame.value["openai-orcl-services"] == 60
    assert frame.value["openai-amzn-services-2026"] == 12.5
    assert frame.way["openai-msft-azure-2025"] == "open"
    assert pd.isna(frame.value["openai-msft-azure-2025"])
    assert frame.high["openai-msft-azure-2025"] == 250


def test_what_was_paid_of_a_commitment_is_taken_off():
    row = circle.known(ledger.open()).set_index("deal").loc["msft-openai-equity"]
    assert row.whole == pytest.approx(13 - 11.9)
    assert len(row.facts) > 1


def test_money_that_flowed_more_than_a_year_before_is_in_no_circle():
    deals = ledger.open().deals()
    assert "nvda-coreweave-equity-2026" in set(circle.flows(deals, "2026-11-01").deal)
    assert "nvda-coreweave-equity-2026" not in set(circle.flows(deals, "2027-03-01").deal)


def test_the_bill_adds_up(known):
    _, frame = known
    rows = circle.bill(frame, "openai").set_index("metric").value
    assert rows["left"] == pytest.approx(rows["due"] - rows["returned"])


def test_money_lent_or_put_into_shares_is_no_yearly_bill():
    frame = circle.known(ledger.open())
    loan = frame[frame.deal == "openai-cerebras-loan"]
    assert loan.value.tolist() == [1.0] and loan.way.tolist() == ["once"]
    bought = frame[(frame["from"] == "openai") & ~frame.instrument.isin(["equity", "debt"])]
    assert circle.due(frame, "openai").value.item() == circle.due(bought, "openai").value.item() < 114


def test_lines_lose_no_money(known):
    _, frame = known
    shown = circle.circular(frame, drawn=True)
    rows = circle.lines(shown)
    assert rows.year.sum() == pytest.approx(shown.value.sum())
    assert rows.rest.sum() == pytest.approx(shown.whole[shown.way == "open"].sum())


def test_without_its_hub_most_circles_are_gone():
    frame = circle.known(ledger.open())
    assert len(circle.roads(circle.without(frame, ["openai"]))) < len(circle.roads(frame)) / 2
    assert all("openai" not in road for road in circle.roads(circle.without(frame, ["openai"])))


def test_a_figure_of_another_span_than_a_year_is_no_yearly_flow():
    book = ledger.open()
    half = book.observations("revenue", companies=["openai"]).set_index("period").loc["H1 2025"]
    with pytest.raises(ValueError, match="a figure of a year"):
        circle.measured(circle.flows(book.deals(), "2026-11-01"), half, "openai", "msft")
