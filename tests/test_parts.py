"""Shares of a whole: what is drawn, what is left blank, and what is refused."""

import pandas as pd
import pytest

from figures import ALT, sound
from outlay import charts

NAMES = {"consumer_share_of_revenue": "consumers", "enterprise_share_of_revenue": "firms", "api_share_of_revenue": "API"}


@pytest.fixture
def said(book):
    return pd.concat([book.observations(name, companies=["openai"]) for name in NAMES], ignore_index=True).sort_values("period_end")


def test_the_blank_is_what_no_report_explains(said, book):
    # 36Kr, 13 October 2025: consumers 68.5, firms 21 per cent in April 2025
    april = said[said.period == "2025-04"]
    figure = charts.parts(april, "A title", "per cent", alt=ALT, row="period", names=NAMES, identity="openai")
    sound(figure, book)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx([0.685, 0.21, 0.105])
    assert any("not said" in text.get_text() for text in figure.axes[0].texts)


def test_every_report_has_its_bar_and_fits(said, book):
    figure = charts.parts(said, "A title", "per cent", alt=ALT, row="period", names=NAMES, identity="openai")
    sound(figure, book)
    assert len(figure.axes[0].get_yticklabels()) == said.period.nunique()


def test_a_whole_that_is_explained_has_no_blank(said):
    june = said[said.period_end == "2026-06-02"]
    figure = charts.parts(june, "A title", "per cent", alt=ALT, row="period", names=NAMES, identity="openai")
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([0.5, 0.5])
    assert not any("not said" in text.get_text() for text in figure.axes[0].texts)


def test_parts_of_more_than_a_whole_are_refused(said):
    june = said[said.period_end == "2026-06-02"]
    with pytest.raises(ValueError, match="not parts of one whole"):
        charts.parts(june.assign(value=0.6), "A title", "per cent", alt=ALT, row="period", names=NAMES, identity="openai")
