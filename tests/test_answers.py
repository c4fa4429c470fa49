import matplotlib as mpl
import pytest

from figures import ALT, sound
from outlay import charts, ledger, style
from outlay.models import required


def pair(day):
    book = ledger.open(as_of=day)
    before = required.published(book)
    before = (
        before[before.asks.isin([required.OVER_LIFE, required.A_YEAR])].sort_values("asks", ascending=False, kind="stable").reset_index(drop=True)
    )
    after = before[["model"]].merge(required.today(book, required.measured(book, start="2023-01-01")), on="model", how="left")
    figure = charts.answers(before, after, "Models", "$bn", alt=ALT, names=before.model, groups=before.asks, missing="inputs not printed")
    return before, after, figure


@pytest.mark.parametrize("day", ["", "2024-08-05", "2025-10-13"])
def test_then_and_now_keep_the_house_rules(day, book):
    sound(pair(day)[2], book)


def test_hollow_is_as_published_and_filled_is_now_at_their_values():
    before, after, figure = pair("")
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    faces = {
        face: sorted(line.get_xdata()[0] for line in dots if mpl.colors.to_hex(line.get_markerfacecolor()) == face) for face in ("#ffffff", style.INK)
    }
    alone = before.how == "derived"
    assert faces["#ffffff"] == sorted(before.value[~alone])
    assert faces[style.INK] == pytest.approx(sorted(after.value[after.value.notna() & ~alone]))


def test_an_answer_given_as_a_range_is_a_bar_without_a_dot_in_it():
    before, after, figure = pair("")
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in figure.axes[0].patches]
    row = before.index[before.how == "derived"].item()
    assert spans == [pytest.approx((320, 480)), pytest.approx((after.low[row], after.high[row]))]
    assert any(text.get_text().startswith("$320bn–$480bn, now ") for text in figure.axes[0].texts)


def test_an_answer_that_cannot_be_worked_again_says_so():
    figure = pair("")[2]
    words = [text.get_text() for text in figure.axes[0].texts]
    assert sum("inputs not printed" in text for text in words) == 2
    assert {required.OVER_LIFE, required.A_YEAR} <= set(words)
