import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import figures
from outlay import charts, ledger
from outlay.models import credit


def test_the_textbook_chance_of_default():
    assert credit.default_probability(100, 5, 0.4) == pytest.approx(0.080, abs=0.0005)
    assert credit.default_probability(0, 5, 0.4) == 0


def test_the_chances_that_were_printed_with_the_spreads():
    # TalkMarkets, November 2025, at 35 per cent recovered: about 8 per cent for 108, 42 for 675 (from a whole curve of spreads)
    assert credit.default_probability(108, 5, 0.35) == pytest.approx(0.08, abs=0.002)
    assert credit.default_probability(675, 5, 0.35) == pytest.approx(0.42, abs=0.02)


@given(st.floats(0, 5000), st.floats(0, 30), st.floats(0, 0.95))
def test_a_chance_lies_below_one_and_grows_with_the_spread(spread, years, recovery):
    chance = credit.default_probability(spread, years, recovery)
    assert 0 <= chance <= 1
    assert credit.default_probability(spread + 10, years, recovery) >= chance


@pytest.mark.parametrize("wrong", [(-1, 5, 0.4), (100, -1, 0.4), (100, 5, 1.0)])
def test_a_spread_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="not negative"):
        credit.default_probability(*wrong)


def test_both_published_figures_of_the_wealth_effect_come_out(book):
    said = credit.published(book, "economist_wealth_2025").set_index("metric").value
    wealth = said["household_equities"] / said["equity_share_of_wealth"]
    assert wealth == pytest.approx(200_000)
    fall = credit.price_fall(said["fall_in_net_worth"], said["equity_share_of_wealth"])
    assert said["household_equities"] * fall / wealth == pytest.approx(0.08)
    # 3.2 cents and 31 tn are nobody's printed figures; a product of 31.1 tn was published for the quarter
    assert round(credit.lost_spending(said["household_equities"], fall, 0.032, 31_098.027), 3) == said["fall_in_consumption"]
    cents = credit.implied_propensity(said["household_equities"], fall, said["fall_in_consumption"], 31_098.027)
    assert credit.lost_spending(said["household_equities"], fall, cents, 31_098.027) == pytest.approx(0.016)
    assert cents == pytest.approx(0.0311, abs=0.0001)


def test_without_shares_or_product_nothing_is_said():
    with pytest.raises(ValueError, match="share of wealth"):
        credit.price_fall(0.08, 0)
    with pytest.raises(ValueError, match="product is positive"):
        credit.lost_spending(42, 0.1, 0.03, 0)
    with pytest.raises(ValueError, match="without wealth lost"):
        credit.implied_propensity(42, 0, 0.01, 31)


def test_twelve_months_are_a_printed_year_and_the_months_since_less_those_before(book):
    frame = credit.twelve_months(book, "operating_cash_flow", ["orcl"]).set_index("period").value
    assert frame["2026Q2"] == 31.977  # the year to May 2026 as a table of company facts prints it
    assert frame["2026Q3"] == pytest.approx(31.977 - 8.140 + 23.103)
    whole = credit.twelve_months(book, "operating_cash_flow", ["msft"]).set_index("period").value
    assert whole["2025Q2"] == pytest.approx(136.162, abs=0.001)  # Microsoft's 10-K of fiscal 2025


def test_debt_in_a_quarter_is_that_of_its_own_balance_sheet(book):
    debt = credit.long_term_debt(book, ["orcl", "tsla", "googl"])
    assert not debt.duplicated(["company", "period"]).any()
    rows = debt.set_index(["company", "period"])
    assert rows.value["orcl", "2026Q2"] == 122.342
    assert rows.metric["tsla", "2025Q4"] == "long_term_debt_with_leases" and rows.metric["tsla", "2026Q2"] == "long_term_debt"


def test_money_elsewhere_holds_no_talks_and_no_firms_own_bonds(book):
    found = credit.elsewhere(book.deals())
    assert not found.firmness.isin(["talks", "cancelled"]).any()
    assert {"investors-orcl-bonds-2025-09", "investors-meta-bonds-2025-10"}.isdisjoint(found.deal)
    names = book.companies.name.to_dict()
    words = [credit.described(row, names) for _, row in found.iterrows()]
    assert len(set(words)) == len(words)
    assert {"Leases of Oracle, not begun", "Guarantee of Nvidia for SB Energy", "Loans to Hyperion", "Vehicle of Valor Equity Partners for xAI"} <= set(words)


def test_loans_for_stargate_are_found_at_any_remove(book):
    inside = set(credit.within(book.deals(), credit.STARGATE).deal)
    assert {"lenders-vantage-debt-2025", "lenders-related_digital-debt-michigan", "lenders-crusoe-debt-abilene"} <= inside
    assert "investors-hyperion-notes" not in inside


def test_the_chain_keeps_firm_and_conditional_loans_apart(book):
    links = credit.chain(book)
    loans = links[links.payer == "Landlords and builders"]
    assert loans.value.round(1).tolist() == [23.6, 56.0] and loans.firm.tolist() == [True, False]
    assert credit.chain(ledger.open(as_of="2025-06-01")).empty


def test_the_chain_is_drawn_soundly_and_only_what_is_not_firm_is_dashed(book):
    links = credit.chain(book)
    figure = charts.chain(links, "A title", "$bn", alt=figures.ALT)
    figures.sound(figure, book)
    words = {text.get_text() for text in figure.axes[0].texts}
    assert {"Customers", "OpenAI", "Oracle", "Landlords and builders", "Lenders"} <= words
    loose = charts.chain(links.assign(firm=False), "A title", "$bn", alt=figures.ALT)
    dashes = [{str(text.arrow_patch.get_linestyle()) for text in each.axes[0].texts if getattr(text, "arrow_patch", None)} for each in (figure, loose)]
    assert dashes[0] == {"-"} and dashes[1] != {"-"}


def test_amounts_that_run_in_a_circle_are_no_chain(book):
    links = credit.chain(book)
    back = pd.concat([links, links.tail(1).assign(payer="Lenders", taker="OpenAI")])
    with pytest.raises(ValueError, match="circle"):
        charts.chain(back, "A title", "$bn", alt=figures.ALT)


def test_a_hazard_of_the_spread_over_the_loss_makes_the_premium_fair():
    # premium and loss legs of a swap with a constant hazard, discounted at nought, over small steps
    hazard, years, recovery = 0.02, 5, 0.4
    steps = 20_000
    alive = [math.exp(-hazard * years * step / steps) for step in range(steps + 1)]
    annuity = sum(alive[:-1]) * years / steps
    loss = (1 - recovery) * (1 - alive[-1])
    spread = 10_000 * loss / annuity
    assert credit.default_probability(spread, years, recovery) == pytest.approx(1 - alive[-1], abs=1e-4)
