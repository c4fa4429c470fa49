"""What turns executed notebooks into pages: nothing is run, and nothing is asked of any server."""

from pathlib import Path

from latex2mathml.converter import convert

project, author = "Outlay", "the Outlay contributors"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_code_prompt_show, nb_code_prompt_hide = "code", "hide the code"
nb_ipywidgets_js = {}  # widgets would be loaded from elsewhere
myst_enable_extensions = ["dollarmath"]
html_theme = "sphinx_book_theme"
html_title = "Outlay"
html_static_path, html_css_files, html_extra_path = ["_static"], ["outlay.css"], ["extra"]
html_show_copyright = html_show_sphinx = html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navbar_persistent": [],  # the theme would show a second search bar
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
}
html_last_updated_fmt = None
exclude_patterns = ["extra"]


def _inline(visitor, node):
    visitor.body.append(convert(node.astext()))
    raise _skip()


def _block(visitor, node):
    visitor.body.append(convert(node.astext(), display="block"))
    raise _skip()


def _skip():
    from docutils.nodes import SkipNode

    return SkipNode()


def _edition(app, page, template, context, doctree):
    """Say on every page of an edition which one it is, and lead from every page to the same page in the others."""
    if "body" not in context or page == "editions/index":
        return
    root = "../" * (page.count("/") + (2 if app.config.edition else 0))
    words = f"Only what was public on {app.config.edition}." if app.config.edition else "All that is known."
    link = f'<a href="{root}editions/index.html#{page.rpartition("/")[2]}">Other editions of this page</a>'
    due = "" if app.config.edition else _due(app, root)
    context["body"] = f'<p class="edition">{words} {link}</p>{due}' + context["body"]


def _due(app, root):
    """Return a line that shows itself once filings should have come that are not in these pages, by the reader's own clock."""
    file = Path(app.srcdir) / "due.json"
    owed = file.read_text(encoding="utf-8") if file.exists() else "[]"
    return (
        f'<p class="due" hidden><span></span> <a href="{root}freshness.html">What is due</a></p><script>(function (owed) {{'
        "var late = owed.filter(function (one) { return new Date(one[2] + 'T23:59:59') < new Date(); });"
        "if (!late.length) return; var line = document.querySelector('p.due'); line.hidden = false;"
        "var named = late.map(function (one) { return one[0] + ' (' + one[1] + ')'; }).join(', ');"
        "line.firstChild.textContent = 'Going by when they usually file, ' + named +"
        "' should by now have filed what is not in these pages.';"
        f"}})({owed.replace('<', '')})</script>"
    )


def setup(app):
    """Write mathematics as MathML, which browsers show without a script; name the edition on every page."""
    app.add_config_value("edition", "", "html")
    app.connect("html-page-context", _edition)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
