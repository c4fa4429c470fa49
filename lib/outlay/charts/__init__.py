"""Charts: frame in, Figure out. Names sit on the marks, the source line comes from the rows drawn, the title is guarded.

Every verb takes the frame first, then title and subtitle, then keywords; `alt` is always needed. `show` puts the picture
into a notebook and writes it, with the rows it draws and where they come from, to the folder of figures.
"""

from outlay.charts.answers import answers
from outlay.charts.canvas import headline
from outlay.charts.chain import chain
from outlay.charts.curves import curves
from outlay.charts.files import rows_drawn, show, write, written
from outlay.charts.grids import heat
from outlay.charts.lights import lights
from outlay.charts.marks import moment, rings
from outlay.charts.parts import parts
from outlay.charts.promises import ladder, misses
from outlay.charts.ring import plane, ring, staircase
from outlay.charts.rows import bars, dots, waterfall
from outlay.charts.scatter import spread, vintages
from outlay.charts.shifts import shifts
from outlay.charts.steps import steps
from outlay.charts.time import columns, lines, multiples, panels, ranges, spans

__all__ = [
    "answers",
    "bars",
    "chain",
    "columns",
    "curves",
    "dots",
    "headline",
    "heat",
    "ladder",
    "lights",
    "lines",
    "misses",
    "moment",
    "multiples",
    "panels",
    "parts",
    "plane",
    "ranges",
    "ring",
    "rings",
    "rows_drawn",
    "shifts",
    "show",
    "spans",
    "spread",
    "staircase",
    "steps",
    "vintages",
    "waterfall",
    "write",
    "written",
]
