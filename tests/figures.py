"""What every chart must keep, whatever its form: checks for the tests of the modules that draw."""

import itertools

import matplotlib as mpl

from outlay import charts, style

ALT = "A chart of something that has a number in it, 42."


def texts(figure):
    """Every text that is drawn: artists of ticks beyond the limits of their axis exist and never are."""
    figure.draw_without_rendering()
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            hidden |= {id(tick.label1) for tick in axis.get_major_ticks() if not low - 1e-9 <= tick.get_loc() <= high + 1e-9}
    found = figure.findobj(mpl.text.Text)
    return [text for text in found if text.get_text().strip() and text.get_visible() and id(text) not in hidden and text.get_window_extent().width]


def sound(figure, book):
    """Fail if a text leaves the canvas or covers another, or if title, subtitle, source line, size or axes are not the house's."""
    found = texts(figure)
    for text in found:
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, f"leaves the canvas: {text.get_text()}"
        assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, f"leaves the canvas: {text.get_text()}"
    ticks = {id(label) for axes in figure.axes for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]}
    for one, other in itertools.combinations([text for text in found if id(text) not in ticks], 2):
        a, b = one.get_window_extent(), other.get_window_extent()
        assert a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 2 or b.y1 <= a.y0 + 2, f"overlap: {one.get_text()} | {other.get_text()}"
    title, subtitle, source = (text.get_text() for text in figure.texts[:3])
    assert 0 < len(title.split()) <= 12
    assert subtitle
    assert source.startswith("Source: ")
    names = charts.rows_drawn(figure).facts.str.split(";").explode()
    publishers = set(book.sources.loc[names.str.replace(r"#\d+$", "", regex=True).str.rpartition("@")[2]].publisher)
    line = source.replace("\n", " ")
    assert "and others" in line or all(publisher in line for publisher in publishers)
    assert tuple(figure.get_size_inches()) in style.SIZES.values()
    assert all(axes.get_legend() is None for axes in figure.axes)
    boxes = [axes.get_position().bounds for axes in figure.axes]
    assert len(set(boxes)) == len(boxes), "two axes share a place"
