"""The pages as they stand in build/: made once for these tests, opened as files."""

import functools
import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

from conftest import execute_all
from outlay import ledger
from outlay.tools import build, fresh, publish

SHOWN = [path for path in build.notebooks() if not path.stem.startswith("00")]
PAGES = [
    "index.html",
    "documents.html",
    "coverage.html",
    "versions.html",
    "disputed.html",
    "freshness.html",
    "editions/index.html",
    *(f"notebooks/{path.stem}.html" for path in SHOWN),
]


class Seen(HTMLParser):
    """Collects what a page loads, where it links to, its pictures and its ids."""

    def __init__(self):
        super().__init__()
        self.loads, self.links, self.pictures, self.ids, self.text = [], [], [], set(), ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs["id"]} if attrs.get("id") else set()
        if tag in ("script", "img", "iframe", "source") and attrs.get("src"):
            self.loads.append(attrs["src"])
        if tag == "link" and attrs.get("rel") not in ("canonical",) and attrs.get("href"):
            self.loads.append(attrs["href"])
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "img":
            self.pictures.append((attrs.get("src", ""), attrs.get("alt", "")))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site made from the committed notebooks, with figures drawn anew."""
    made = tmp_path_factory.mktemp("build")
    for out in execute_all((path, {}, None, made / path.stem) for path in SHOWN):
        shutil.copytree(out / "figures", made / "figures", dirs_exist_ok=True)
    publish.site(made, build.notebooks(), publish.tables(made / "data"))
    return made / "site"


@functools.cache
def seen(site, page):
    parser = Seen()
    parser.feed((site / page).read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("page", PAGES)
def test_no_page_loads_anything_from_outside(site, page):
    for address in seen(site, page).loads:
        assert not re.match(r"(https?:)?//", address), address
        assert (site / page).parent.joinpath(address.partition("?")[0].partition("#")[0]).exists(), address
    style = "".join(file.read_text(encoding="utf-8", errors="ignore") for file in site.rglob("*.css"))
    assert not re.search(r"@import\s+(url\()?['\"]?https?:|url\(\s*['\"]?https?:", style)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_leads_somewhere(site, page):
    for address in seen(site, page).links:
        if re.match(r"(https?|mailto):", address):
            continue
        file, _, anchor = address.partition("#")
        target = (site / page).parent / file if file else site / page
        assert target.exists(), address
        if anchor and target.suffix == ".html":
            assert anchor in seen(target.parent, target.name).ids, address


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("notebooks")])
def test_every_chart_is_a_drawing_with_an_alt_text(site, page):
    pictures = [(source, alt) for source, alt in seen(site, page).pictures if "figures" in source]
    assert pictures
    assert all(source.endswith(".svg") and len(alt) > 40 for source, alt in pictures)
    assert "data:image/png" not in (site / page).read_text(encoding="utf-8")


def test_the_front_page_answers_the_question_and_shows_every_chart(site):
    page = seen(site, "index.html")
    assert "of building for each dollar of revenue" in page.text
    charts = {source for source, _ in page.pictures if "figures" in source}
    assert len(charts) == len(list((site / "figures" / "outlined").glob("0[1-9]*.svg")))


def test_a_figure_in_a_sentence_leads_to_its_document(site):
    links = [address for address in seen(site, "notebooks/04_spending_against_revenue.html").links if "documents.html#" in address]
    assert any("msft-10-q-" in address for address in links)


def test_mathematics_is_shown_without_a_script(site):
    text = (site / "notebooks" / "04_spending_against_revenue.html").read_text(encoding="utf-8")
    assert "<math" in text
    assert not re.search(r"<script[^>]*mathjax", text, flags=re.IGNORECASE)


def test_every_document_that_a_figure_cites_is_listed(site):
    ids = seen(site, "documents.html").ids
    assert set(ledger.tables()["facts"].source) <= ids


def test_the_quarters_are_published_with_their_facts(site, book):
    table = pd.read_csv(site / "data" / "quarters.csv")
    assert list(table.columns) == publish.SERIES
    assert not table.duplicated(["company", "metric", "period"]).any()
    assert table.facts.str.contains("@").all()
    row = table[(table.company == "googl") & (table.metric == "capex_cash") & (table.period == "2026Q2")]
    assert row.value.tolist() == [44.924]


def test_what_may_not_be_redistributed_is_not_published(tmp_path, monkeypatch, copy):
    from conftest import edit

    edit(copy, "sources", lambda rows: [row | ({"licence": "restricted"} if row["source"] == "msft-10-q-2025-09-30" else {}) for row in rows])
    monkeypatch.setenv("OUTLAY_DATA", str(copy))
    publish.quarters(tmp_path / "quarters.csv")
    table = pd.read_csv(tmp_path / "quarters.csv")
    assert len(table)
    assert not table.facts.str.contains("@msft-10-q-2025-09-30").any()


def test_a_page_that_cannot_be_made_leaves_the_old_ones(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("the last good page", encoding="utf-8")
    (tmp_path / "figures").mkdir()
    generated = publish.tables(tmp_path / "data")

    def broken(book):
        return "# Documents\n\n[a link that leads nowhere](nowhere.md)\n"

    monkeypatch.setattr(publish, "_documents", broken)
    with pytest.raises(RuntimeError, match="nowhere"):
        publish.site(tmp_path, build.notebooks(), generated)
    assert (tmp_path / "site" / "index.html").read_text(encoding="utf-8") == "the last good page"


def test_coverage_tells_grades_and_holes(site):
    table = pd.read_csv(site / "data" / "coverage.csv", keep_default_na=False)
    cells = table.set_index(["company", "metric", "period"])
    assert cells.grade["msft", "capex_cash", "2025Q3"] == "filed"
    assert cells.grade["tsla", "net_income", "2024Q4"] == "hole"
    assert set(table.grade) <= {*ledger.GRADES, "hole"}


def test_restatements_are_published_with_both_documents(site):
    table = pd.read_csv(site / "data" / "restatements.csv")
    assert {"first", "last", "first_source", "last_source"} <= set(table.columns)
    assert len(table) > 50


def test_every_table_of_figures_is_counted(site, book):
    table = pd.read_csv(site / "data" / "contents.csv").set_index("table")
    assert table.rows.sum() == len(book.facts) + len(book.events) + len(book.models)
    shares = table[["filed", "stated", "press", "estimate"]].sum(axis=1)
    assert shares.between(0.998, 1.002).all()
    assert table[["dated_day", "dated_month", "dated_year", "dated_undated"]].sum(axis=1).between(0.998, 1.002).all()
    assert table.filed["financials"] > 0.9 > table.filed["ai_labs"]


def test_the_page_of_disputes_shows_what_was_selected_and_why(site):
    page = seen(site, "disputed.html")
    for word in ("730", "840", "852", "13.5", "7.8", "printed in fewer digits", "selected"):
        assert word in page.text, word


def test_the_page_of_freshness_names_the_filings_due(site):
    page = seen(site, "freshness.html")
    assert "FY2027 Q1" in page.text and "10-Q" in page.text
    assert "should have been published by the day of the edition" in page.text


def test_what_is_told_now_and_then_has_no_holes(site):
    table = pd.read_csv(site / "data" / "coverage.csv", keep_default_na=False)
    assert not len(table[(table.metric == "weekly_users") & (table.grade == "hole")])


def test_the_pages_say_how_many_firms_have_reported_the_quarter_in_progress(site, book):
    progress = fresh.progress(book, ledger.edition())
    assert re.match(r"\d of 8 firms ha(s|ve) reported Q\d 20\d\d", progress)
    for page in ("index.html", "coverage.html", "freshness.html"):
        assert progress in " ".join(seen(site, page).text.split()), page


def test_every_page_carries_what_is_due_and_shows_it_only_by_the_readers_clock(site, book):
    owed = {company: f"{day:%Y-%m-%d}" for company, day in fresh.due(book, ledger.edition()).set_index("company").expected.items()}
    for page in (page for page in PAGES if not page.startswith("editions")):
        text = (site / page).read_text(encoding="utf-8")
        assert '<p class="due" hidden>' in text, page
        assert f'["Microsoft", "10-Q", "{owed["msft"]}"]' in text, page
