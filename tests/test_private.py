"""What is private: used and shown where it is asked for, marked wherever it goes, and never among what is published."""

import csv
import json
import shutil

import matplotlib as mpl
import pytest
from click.testing import CliRunner
from PIL import Image

from conftest import FACT_TABLES, ROOT, edit, outlay, reading, small
from outlay import charts, ledger, measures, sentences
from outlay.charts import canvas
from outlay.tools import publish
from outlay.tools.cli import main

SOURCE = {"source": "desk-2026-11-01-channel", "publisher": "A desk", "kind": "dataset", "title": "channel checks", "published": "2026-11-01", "published_precision": "day", "licence": "cite", "tier": "vendor"}
ROW = {"company": "msft", "metric": "capex_cash", "period_start": "2026-07-01", "period_end": "2026-09-30", "relation": "=", "value": "41000", "unit": "USD m", "stance": "actual", "grade": "estimate",
       "source": SOURCE["source"], "n": "1", "locator": "sheet 2"}  # fmt: skip


def lay(folder, table="capex", document=SOURCE, **cells):
    """Lay a row of one's own over a ledger, with its document."""
    (folder / "private").mkdir(exist_ok=True)
    for name, row in (("sources", document), (table, ROW | cells)):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        with (folder / "private" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerow(row)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The accounts of two firms, and every deal: enough for a row of one's own to lie upon."""
    folder = tmp_path_factory.mktemp("private") / "data"
    shutil.copytree(ROOT / "data", folder, ignore=shutil.ignore_patterns("private"))
    for table in FACT_TABLES:
        edit(folder, table, lambda rows: [row for row in rows if row["company"] in ("meta", "msft") and table in ("capex", "financials")])  # noqa: B023
    return folder


@pytest.fixture
def copy(two, tmp_path):
    shutil.copytree(two, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def laid(copy):
    lay(copy)
    with reading(copy):
        yield copy


def last(book):
    return book.quarters("capex", companies=["msft"]).iloc[-1]


def test_what_is_private_is_read_only_when_asked_for(laid, monkeypatch):
    assert last(ledger.open()).period == "2026Q2"
    assert last(ledger.open(private=True)).period == "2026Q3"
    monkeypatch.setenv("OUTLAY_PRIVATE", "1")
    assert last(ledger.open()).value == 41.0
    assert last(ledger.open(private=False)).period == "2026Q2"
    assert ledger.open(as_of="2026-10-31").quarters("capex", companies=["msft"]).period.iloc[-1] == "2026Q2"  # it has a date like all else


def test_public_facts_keep_their_ids_and_answers(laid):
    public, private = ledger.open(private=False), ledger.open(private=True)
    assert private.facts.index[: len(public.facts)].equals(public.facts.index)
    assert private.facts.name.iloc[: len(public.facts)].equals(public.facts.name)
    assert private.events.index.equals(public.events.index)
    before = public.quarters("capex", companies=["meta"])
    assert private.quarters("capex", companies=["meta"]).equals(before)
    assert ledger.digest(before) == ledger.digest(private.quarters("capex", companies=["meta"]))


def test_a_private_figure_is_marked_wherever_it_goes(laid, capsys):
    row = last(ledger.open(private=True))
    ledger.open()  # whoever opens what is public in between does not lose the names of the others
    assert ledger.is_private(row.facts) and ledger.names(row.facts) == ["private:msft/capex_cash/2026-07-01..2026-09-30@desk-2026-11-01-channel"]
    year = measures.trailing(ledger.open(private=True).quarters("capex", companies=["msft"]))
    assert ledger.is_private(year.iloc[-1].facts) and not ledger.is_private(year.iloc[-2].facts)
    sentences.say("It spent {amount}.", amount=sentences.money(row))
    assert "$41bn" in capsys.readouterr().out.replace("\\", "")
    assert "A desk" in ledger.cite(row.facts)


def drawn(book):
    return charts.lines(book.quarters("capex", companies=["msft"]), "Microsoft", "$bn a quarter", alt="Line chart of the capital spending of Microsoft.")


def marks(figure):
    return [text for text in figure.texts if text.get_gid() == "private"]


def test_a_chart_of_private_rows_is_watermarked_and_one_of_public_rows_is_not(laid, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTLAY_OUTPUT", str(tmp_path))
    figure = drawn(ledger.open(private=True))
    [mark] = marks(figure)
    assert mark.get_text() == "PRIVATE: NOT FOR PUBLICATION" and mark.get_zorder() > 100
    box = mark.get_window_extent(figure.canvas.get_renderer())
    assert box.width > 0.5 * figure.bbox.width and figure.bbox.fully_contains(box.x0, box.y0) and figure.bbox.fully_contains(box.x1, box.y1)
    charts.show(figure, "99_private")
    with Image.open(tmp_path / "figures" / "99_private.png") as picture:
        assert picture.info["Warning"] == canvas.PRIVATE
    assert canvas.PRIVATE in (tmp_path / "figures" / "99_private.svg").read_text(encoding="utf-8")
    assert "private:msft/capex_cash" in (tmp_path / "figures" / "99_private.csv").read_text(encoding="utf-8")
    assert (tmp_path / "figures" / "99_private.txt").read_text(encoding="utf-8").startswith(canvas.PRIVATE)
    plain = drawn(ledger.open())
    assert not marks(plain)
    charts.show(plain, "99_public")
    with Image.open(tmp_path / "figures" / "99_public.png") as picture:
        assert "Warning" not in picture.info


def test_every_size_of_chart_can_be_watermarked():
    for size in ("report", "column", "tall", "slide"):
        figure = mpl.figure.Figure(figsize=canvas.style.SIZES[size])
        canvas.FigureCanvasAgg(figure)
        canvas._watermark(figure)
        box = marks(figure)[0].get_window_extent(figure.canvas.get_renderer())
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height


def test_published_tables_hold_nothing_private_whatever_the_environment_says(laid, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTLAY_PRIVATE", "1")
    publish.tables(tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert "desk-2026-11-01" not in path.read_text(encoding="utf-8"), path.name
    assert "desk-2026-11-01" not in publish._documents(ledger.open(private=False))


@pytest.mark.parametrize(
    ("cells", "document", "words"),
    [
        ({"company": "mfst"}, SOURCE, "data/private/capex.csv, row 2, column company: found 'mfst'"),
        ({"source": "nobody"}, SOURCE, "column source: found 'nobody'"),
        ({"value": "x"}, SOURCE, "expected a plain number"),
        ({"unit": "%"}, SOURCE, "does not convert"),
        ({"source": "msft-10-k-2026-06-30"}, SOURCE | {"source": "msft-10-k-2026-06-30"}, "which stands in data/sources.csv already"),
    ],
)
def test_a_private_table_is_held_to_the_same_schema(copy, cells, document, words):
    lay(copy, document=document, **cells)
    with reading(copy):
        with pytest.raises(ledger.LedgerError, match="data/private") as error:
            ledger.open(private=True)
        assert words in str(error.value)
        assert len(ledger.open().facts)  # what is public is none the worse


def test_a_private_firm_and_definition_have_their_names(copy):
    lay(copy, company="newcloud")
    for name, row in (("companies", {"company": "newcloud", "name": "New Cloud", "kind": "company"}),):
        columns = (copy / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        (copy / "private" / f"{name}.csv").write_text(f"{columns}\n{','.join(row.get(column, '') for column in columns.split(','))}\n", encoding="utf-8")
    with reading(copy):
        frame = ledger.open(private=True).quarters("capex_cash", companies=["newcloud"])
        assert frame.value.tolist() == [41.0]
        assert sentences.companies(frame) == "New Cloud"


def test_a_deal_of_ones_own_has_an_id_of_its_own(copy):
    shutil.copy(copy / "deals.csv", copy / "deal.txt")
    public = ledger.tables(copy)
    deal = dict.fromkeys(("low", "high", "starts", "ends", "part_of", "capacity_gw", "term_years", "note"), "") | {
        "deal": "desk-deal", "event_date": "2026-11-01", "from": "msft", "to": "openai", "instrument": "equity", "status": "announced", "firmness": "talks", "relation": "=", "value": "1",
        "unit": "USD bn", "grade": "estimate", "source": SOURCE["source"], "n": "1", "locator": "x"}  # fmt: skip
    lay(copy)
    with (copy / "deals.csv").open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    (copy / "private" / "deals.csv").write_text(f"{','.join(columns)}\n{','.join(deal[name] for name in columns)}\n", encoding="utf-8")
    with reading(copy):
        frame = ledger.open(private=True).deals(companies=["msft"])
        row = frame[frame.deal == "desk-deal"].iloc[0]
        assert ledger.is_private(row.facts) and min(row.facts) >= len(public["cited"])


def test_a_private_build_goes_elsewhere_and_a_plain_one_reads_nothing_private(tmp_path):
    own = small(tmp_path)
    first = outlay(own, "build", "01_one", OUTLAY_PRIVATE="1")  # the shell may say what it likes
    assert first.returncode == 0, first.stdout + first.stderr
    committed = (own / "notebooks" / "01_one.ipynb").read_bytes()
    assert outlay(own, "build", "--private").returncode == 2
    lay(own / "data")
    out = outlay(own, "build", "01_one", "--private")
    assert out.returncode == 0 and "not for publication" in out.stdout, out.stdout + out.stderr
    assert (own / "notebooks" / "01_one.ipynb").read_bytes() == committed
    assert "desk-2026-11-01" not in committed.decode()
    made = json.loads((own / "build" / "private" / "01_one.ipynb").read_text(encoding="utf-8"))
    assert any(output.get("metadata", {}).get("outlay", {}).get("private") for cell in made["cells"] for output in cell.get("outputs", []))
    assert "private:" in (own / "build" / "private" / "figures" / "01_spending.csv").read_text(encoding="utf-8")
    assert "private:" not in (own / "build" / "figures" / "01_spending.csv").read_text(encoding="utf-8")
    assert "up to date" in outlay(own, "build", "01_one", "--private").stdout
    check = outlay(own, "build", "01_one", "--check", OUTLAY_PRIVATE="1")
    assert check.returncode == 0, check.stdout


def test_a_notebook_that_asks_for_what_is_private_is_never_committed_or_made_a_page(tmp_path):
    own = small(tmp_path)
    lay(own / "data")
    path = own / "notebooks" / "01_one.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("ledger.open(as_of=as_of)", "ledger.open(as_of=as_of, private=True)"), encoding="utf-8")
    before = path.read_bytes()
    out = outlay(own, "build", "01_one")
    assert out.returncode == 1 and "never published" in out.stdout
    assert path.read_bytes() == before and not (own / "build" / "figures").exists()
    output = {"metadata": {"outlay": {"figure": "01_spending", "private": True}}, "data": {}}
    with pytest.raises(RuntimeError, match="never published"):
        publish._dress({"cells": [{"cell_type": "code", "source": "", "metadata": {}, "outputs": [output]}]})


def test_a_table_on_the_terminal_says_that_some_of_it_is_private(laid):
    words, asked = "private: not for publication", ["series", "capex", "--company", "msft", "--since", "2026-01-01"]
    assert words in CliRunner().invoke(main, asked, env={"OUTLAY_PRIVATE": "1"}).output
    assert words not in CliRunner().invoke(main, asked).output


def test_git_does_not_see_what_is_private():
    assert "/data/private/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
