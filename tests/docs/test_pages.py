"""What the pages of the documentation refer to is there."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import gallery_cards
import parameter_groups
import parity
import pytest
import tables

import skdeep

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXT = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
ids = [page.stem for page in PAGES]
#: What can be imported, and is not for users.
INNER = {
    "boltzmann",
    "engines",
    "estimators",
    "exporting",
    "formulas",
    "network",
    "recipe",
    "objects",
    "training",
}
#: Their names are those of `skdeep` itself.
TOP = {"adversarial", "saving", "tabular", "warm_up"}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_page_is_in_a_table_of_contents(page):
    trees = re.findall(r"^```{toctree}\n(.*?)^```", "\n".join(TEXT.values()), re.M | re.S)
    lines = [line for tree in trees for line in tree.splitlines()]
    names = [re.sub(r"^.*<(\w+)>$", r"\1", line) for line in lines]
    assert names.count(page.stem) == (page.stem != "index")


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_code_is_run_or_no_code(page):
    """`test_readme.py` runs blocks of Python; other languages that are run would not be."""
    languages = set(re.findall(r"^```([\w-]+)", TEXT[page.stem], re.MULTILINE))
    assert languages <= {"python", "text", "bash"}
    if page.stem != "performance":
        assert "bash" not in languages


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_tables_and_links_exist(page):
    text = TEXT[page.stem]
    made = {f"table-{name}" for name in tables.TABLES} | set(parity.TABLES) | {"gallery"}
    assert set(re.findall(r"^:::{made} (\S+)$", text, re.MULTILINE)) <= made
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        if target.startswith("auto_examples/"):
            name = Path(target).stem
            assert name == "index" or (ROOT / "examples" / f"{name}.py").exists(), target
        elif not target.startswith("generated/"):
            assert (DOCS / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_of_other_pages_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert all((ROOT / link).exists() for link in links), links


def test_the_readme_names_every_page():
    linked = set(
        re.findall(r"\(docs/(\w+)\.md\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )
    inner = {"api", "changelog", "contributing", "development", "examples", "index"}
    assert linked >= set(TEXT) - inner


def test_every_table_is_on_a_page():
    text = "\n".join(TEXT.values())
    for name in [*(f"table-{name}" for name in tables.TABLES), *parity.TABLES]:
        assert f"{{made}} {name}\n" in text, name


def test_interface_lists_every_public_module():
    listed = set(re.findall(r"^   (skdeep\S*)$", TEXT["api"], re.MULTILINE))
    modules = {info.name for info in pkgutil.iter_modules(skdeep.__path__)}
    public = {name for name in modules if not name.startswith("_")} - INNER - TOP
    assert {f"skdeep.{name}" for name in public} | {"skdeep"} <= listed
    for name in listed - {"skdeep"} - {f"skdeep.{name}" for name in public}:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
    for name in TOP:
        assert set(importlib.import_module(f"skdeep.{name}").__all__) <= set(skdeep.__all__)


def test_interface_names_what_methods_return():
    """Classes of ours that public methods say they return are in the interface, somewhere."""
    listed = " ".join(re.findall(r"^   (skdeep\S*)$", TEXT["api"], re.MULTILINE))
    for cls in (skdeep.MLPClassifier, skdeep.MLPRegressor):
        returned = re.findall(r"Returns\n-+\n\w+ : ([A-Z]\w+)$", documentation(cls), re.MULTILINE)
        ours = set(returned) - {cls.__name__, "MetadataRequest"}  # that is scikit-learn's
        assert "FastPredictor" in ours
        assert all(name in listed or hasattr(skdeep, name) for name in ours), ours


def documentation(cls):
    """Return the docstrings of the public methods of a class."""
    methods = (getattr(cls, name) for name in dir(cls) if not name.startswith("_"))
    return "\n".join(filter(None, map(inspect.getdoc, methods)))


def test_diagram_has_every_package():
    picture = (DOCS / "_static" / "house.svg").read_text(encoding="utf-8")
    names = {name for text in re.findall(">([^<]+)</text>", picture) for name in text.split(", ")}
    packages = {info.name for info in pkgutil.iter_modules(skdeep.__path__) if info.ispkg}
    assert packages | {"solvers", "schedules", "initialisers"} <= names


def test_the_gallery_has_every_example():
    names = [name for examples in gallery_cards.groups().values() for name, _ in examples]
    assert sorted(names) == sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    cards = gallery_cards.cards()
    for name in names:
        assert (
            f"grid-item-card}} {gallery_cards.title_of(name)}\n:link: auto_examples/{name}" in cards
        )


def test_parameters_are_grouped():
    """The parameters of the large estimators belong to a group, and none to two."""
    assert len(parameter_groups.GROUP_OF) == sum(
        len(names.split()) for names in parameter_groups.GROUPS.values()
    )
    for cls in (skdeep.MLPClassifier, skdeep.MLPRegressor, skdeep.NetworkClassifier):
        names = set(inspect.signature(cls).parameters) - {"beta_2"}
        assert names <= parameter_groups.GROUP_OF.keys()


def test_groups_of_parameters():
    lines = [f"    **{name}** : int" for name in ("alpha", "loss", "beta_1, beta_2", "new")]
    made = "\n".join(parameter_groups.grouped(lines, "skdeep.Some"))
    places = [
        made.index(text) for text in ("Network", "**loss**", "Training", "**beta_1, beta_2**")
    ]
    places += [made.index(text) for text in ("Regularisation", "**alpha**", "Other", "**new**")]
    assert places == sorted(places)
    assert ".. _skdeep.Some.beta_1:" in made and "#skdeep-some-beta-1" in made


def test_outputs_of_a_block():
    outputs = pytest.importorskip("outputs", reason="Sphinx is not installed")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    printed, figures = outputs.run("print(1 + 1)\nimport os\nprint(os.listdir())", "block")
    assert (printed, figures) == ("2\n[]\n", [])
    assert outputs.shortened("a" * 200).count("a") == outputs.MOST_WIDTH
    assert outputs.shortened("a\n" * 100).endswith("a\n...")
