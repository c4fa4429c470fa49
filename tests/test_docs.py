"""What was forgotten: undocumented verbs, imports that go up, an environment.yml that differs, README commands that do not exist."""

import ast
import importlib
import inspect
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from conftest import ROOT
from outlay.tools.cli import main

LIBRARY = ROOT / "lib" / "outlay"
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
FLOORS = [{"lookup", "periods", "units", "style"}, {"ledger"}, {"measures", "models"}, {"charts", "sentences"}, {"tools"}]


def room(path):
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return parts[0]


def floor(name):
    return next(number for number, names in enumerate(FLOORS) if name in names)


def public(path):
    name = ".".join(["outlay", *path.relative_to(LIBRARY).with_suffix("").parts])
    module = importlib.import_module(name)
    return [
        (f"{name}.{key}", value)
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name and (inspect.isfunction(value) or inspect.isclass(value))
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_has_a_room_and_a_docstring(path):
    floor(room(path))
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports_only_go_down(path):
    here = floor(room(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("outlay"):
            inner = node.module.split(".")[1:]
            names = inner[:1] or [alias.name for alias in node.names]
        for name in names:
            assert floor(name) <= here, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_public_verb_has_a_docstring(path):
    for name, value in public(path):
        assert inspect.getdoc(value), name
        if inspect.isfunction(value) and "tools" not in path.parts and not name.endswith("main"):
            assert ">>>" in value.__doc__ or name in EXEMPT or name.startswith("outlay.charts.canvas."), f"{name} has no example"


# what draws into a notebook, or only serves those who build, is shown by tests instead
EXEMPT = {"outlay.charts.files.show", "outlay.charts.files.write", "outlay.ledger.home", "outlay.ledger.line", "outlay.ledger.findings", "outlay.ledger.tables"}


@pytest.mark.parametrize("path", [path for path in MODULES if "tools" not in path.parts], ids=lambda path: path.stem)
def test_every_module_has_its_test_file(path):
    # the forms of charts are held to the same rules side by side
    assert (ROOT / "tests" / f"test_{path.stem}.py").exists() or (room(path) == "charts" and (ROOT / "tests" / "test_charts.py").exists())


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_yml_has_the_names_and_ranges_of_pyproject():
    wanted = {
        Requirement(line).name: Requirement(line).specifier for line in [*project()["dependencies"], *project()["optional-dependencies"]["dev"]]
    }
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = {
        Requirement(line).name: Requirement(line).specifier for line in listed if isinstance(line, str) and not line.startswith(("python>", "pip"))
    }
    assert conda == wanted
    assert f"python{project()['requires-python']}" in listed


def test_pins_are_inside_the_ranges_and_hold_no_address():
    for name, groups in (("run", [project()["dependencies"]]), ("dev", [project()["dependencies"], project()["optional-dependencies"]["dev"]])):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in text and "--index" not in text
        pins = {}
        for line in text.splitlines():
            if line and not line.startswith((" ", "#")):
                requirement = Requirement(line)
                pins.setdefault(requirement.name.lower(), []).append(str(requirement.specifier).removeprefix("=="))
        for line in (line for group in groups for line in group):
            requirement = Requirement(line)
            assert any(requirement.specifier.contains(version) for version in pins[requirement.name]), line


def test_nothing_names_a_machine_or_a_registry():
    traces = re.compile("|".join(("py" + "pi\\.org", "pythonho" + "sted", "registry\\.np" + "m", "/wo" + "rk/", "/ro" + "ot/")))
    for path in [
        *ROOT.glob("*.*"),
        *ROOT.glob("requirements/*"),
        *LIBRARY.rglob("*.py"),
        *ROOT.glob("site/*.*"),
        *ROOT.glob("notebooks/*.ipynb"),
        *ROOT.glob("data/*"),
    ]:
        if path.is_file():
            assert not traces.search(path.read_text(encoding="utf-8")), path


def test_readme_names_only_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for target in re.findall(r"`make ([a-z]+)", readme):
        assert target in targets, target
    for command in re.findall(r"outlay ([a-z]+)", readme):
        assert command in main.commands, command
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        if not link.startswith("http"):
            assert (ROOT / link).exists(), link


def test_every_verb_of_the_makefile_is_explained():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.+)$", text, flags=re.MULTILINE).group(1).split())
    explained = set(re.findall(r"^([a-z]+):.*##", text, flags=re.MULTILINE))
    assert phony == explained


def test_the_readme_explains_every_table():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "data").glob("*.csv"):
        assert f"`{path.name}`" in readme, path.name


def test_continuous_integration_calls_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make test" in readme
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert any("make test" in path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml"))
