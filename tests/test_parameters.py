import pytest

from outlay.tools import build, parameters


@pytest.mark.parametrize("path", build.notebooks(), ids=lambda path: path.stem)
def test_every_parameter_of_a_notebook_is_declared_once_with_type_and_meaning(path):
    for name, value in build.declared(path).items():
        parameter = parameters.PARAMETERS[name]
        assert isinstance(value, parameter.type), name
        parameter.check(value)
        assert parameter.meaning


@pytest.mark.parametrize("path", build.notebooks(), ids=lambda path: path.stem)
def test_the_comment_beside_a_parameter_is_its_declared_meaning(path):
    cell = next(cell for cell in build._read(path)["cells"] if "parameters" in cell["metadata"].get("tags", []))
    for line in build._text(cell).splitlines():
        name, _, comment = line.partition(" = ")[0], *line.rpartition("  # ")[1:]
        assert comment == parameters.PARAMETERS[name].meaning


DECLARED = {"as_of": "", "basis": "cash", "companies": ["msft"], "margin": 0.3, "horizons": [3]}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("as_of", "2024-08-05", "2024-08-05"),
        ("as_of", "", ""),
        ("basis", "as_stated", "as_stated"),
        ("companies", "msft,amzn", ["msft", "amzn"]),
        ("companies", "['msft']", ["msft"]),
        ("companies", "msft", ["msft"]),
        ("margin", "0.5", 0.5),
        ("margin", "1", 1.0),
        ("horizons", "3,4", [3, 4]),
        ("horizons", "5", [5]),
    ],
)
def test_text_becomes_a_value_of_the_declared_type(name, text, value):
    out = parameters.parse(name, text, DECLARED)
    assert out == value
    assert type(out) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("basi", "cash", "did you mean 'basis'"),
        ("basis", "csh", "did you mean 'cash'"),
        ("as_of", "August", "is no date"),
        ("as_of", "2024-02-30", "is no date"),
        ("margin", "high", "takes a number"),
        ("margin", "1.5", "no number from"),
        ("margin", "True", "takes a number"),
        ("companies", "mfst", "did you mean 'msft'"),
        ("horizons", "3,many", "no number from"),
        ("horizons", "0", "no number from"),
    ],
)
def test_a_wrong_name_or_value_is_answered_with_what_it_takes(name, text, words):
    with pytest.raises(ValueError, match=words):
        parameters.parse(name, text, DECLARED)
