import pandas as pd
import pytest

import figures
from outlay import charts, ledger
from outlay.models import power

ALL = "with letters of intent and talks"


def test_openais_promises_come_to_what_citi_counted():
    # CaliToday, 20 October 2025, on Citi: 26 GW announced by OpenAI
    assert power.counted(ledger.open(as_of="2025-10-20").deals(), ALL)["openai"][0] == 26
    # and to the 30 that its head named on 28 October
    later = power.counted(ledger.open(as_of="2025-11-15").deals(), ALL)
    assert later["openai"][0] == 30


def deals(*rows):
    columns = ["deal", "from", "to", "instrument", "firmness", "capacity_gw", "part_of"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(facts=[(at,) for at in range(len(frame))])


def test_a_total_counts_for_its_parts_until_they_outgrow_it():
    total = ("t", "openai", "suppliers", "services", "conditional", 20.0, "")
    some = deals(total, ("a", "openai", "orcl", "services", "firm", 5.0, "t"), ("b", "openai", "nvda", "chips", "letter_of_intent", 10.0, "t"))
    assert power.counted(some, ALL)["openai"][0] == 20
    assert power.counted(some, "firm")["openai"][0] == 5
    more = pd.concat([some, deals(("c", "openai", "amd", "chips", "conditional", 16.0, "t"))], ignore_index=True)
    assert power.counted(more, ALL)["openai"][0] == 26


def test_machines_and_the_places_they_go_into_count_once():
    some = deals(("a", "meta", "amd", "chips", "conditional", 6.0, ""), ("b", "meta", "hyperion", "lease", "firm", 2.0, ""))
    assert power.counted(some, ALL)["meta"][0] == 6
    assert power.counted(some, ALL, apart=True)["meta"][0] == 8


def test_a_warrant_buys_no_gigawatt_and_a_cancelled_plan_has_none():
    some = deals(("w", "amd", "meta", "warrant", "conditional", 6.0, ""), ("x", "openai", "orcl", "services", "cancelled", 4.0, ""))
    assert power.counted(some, ALL) == {}
    parted = deals(("x", "openai", "stargate", "buildout", "cancelled", 10.0, ""), ("y", "openai", "orcl", "services", "firm", 4.5, "x"))
    assert power.counted(parted, ALL)["openai"][0] == 4.5


def test_deals_on_one_site_count_once(book):
    some = book.deals()
    hyperion = some[some.deal.isin(["meta-hyperion-lease", "meta-hyperion-buildout"])]
    assert power.counted(hyperion, "firm") == {"meta": (2.064, hyperion[hyperion.deal == "meta-hyperion-buildout"].facts.item())}


def test_every_site_named_apart_is_in_the_ledger(book):
    known = set(book.events.deal)
    assert {*power.ONE_SITE, *power.ONE_SITE.values()} <= known


def test_levels_grow_from_strict_to_generous_and_never_add_the_total_to_its_parts():
    frame = power.standing(ledger.open().deals(), pd.Timestamp("2026-09-01"))
    assert frame.value.is_monotonic_increasing
    every = ledger.open().deals().capacity_gw.sum()
    assert frame.value.iloc[-1] < every / 2


def test_announcements_of_later_days_are_not_known():
    early, late = power.announced("2025-10-13"), power.announced("")
    assert early.period_end.max() <= pd.Timestamp("2025-10-13")
    both = late[late.period_end <= "2025-10-13"].reset_index(drop=True)
    assert both.value.tolist() == early.value.tolist()
    assert power.announced("2013-01-01").empty


def test_nothing_is_connected_before_its_wait_is_over():
    frame = power.announced("")
    top = frame[frame.company == ALL]
    first = top.period_end.min()
    assert power.connectable(top, first + pd.Timedelta(days=365 * 4), 4) == 0
    assert power.connectable(top, first + pd.Timedelta(days=1462), 4) == top.value.iloc[0]


def test_the_wait_is_as_long_as_the_laboratory_and_the_press_say(book):
    assert power.wait(book)[["low", "high"]].values.tolist() == [[3, 5]]
    only = power.wait(ledger.open(as_of="2025-12-16"))
    assert only[["value", "low", "high"]].values.tolist() == [[4, 4, 4]]
    assert power.wait(ledger.open(as_of="2025-10-13")).empty


def test_citis_capacity_at_its_cost_is_its_spending(book):
    rows = book.models[book.models.model == "citi_2025"].set_index("name").number
    size = power.standing(ledger.open(as_of="2025-10-20").deals(), pd.Timestamp("2025-10-20")).iloc[-1].copy()
    size["value"] = rows["capacity_added"]
    cost = book.observations("cost_per_gigawatt", companies=["hyperscalers"]).iloc[0]
    assert power.build_cost(size, cost).value.item() == pytest.approx(2800, rel=0.02)  # published as more than 2.8 tn


def test_steps_are_drawn_soundly_with_and_without_a_wait(book):
    frame = power.announced("")
    words = "{:,.0f} GW".format
    until = pd.Timestamp("2026-09-20")
    figure = charts.steps(frame, "A title", "GW", alt=figures.ALT, until=until, wait=power.wait(book), wait_words="after a wait", value_words=words)
    figures.sound(figure, book)
    assert figure.axes[0].get_ylim()[0] == 0
    plain = charts.steps(frame, "A title", "GW", alt=figures.ALT, until=until, value_words=words)
    figures.sound(plain, book)
    assert not any(label.get_text().endswith(str(year)) for label in plain.axes[0].get_xticklabels() for year in (2027, 2028)), "a day to come is named"
