"""The shape of the package: one-way imports, short files, documented and runnable names."""

import ast
import inspect
import json
import pathlib
import re

import pytest

import skdeep
import skdeep.displays
from tests.helpers import run_python

ROOT = pathlib.Path(skdeep.__file__).parent
TESTS = pathlib.Path(__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LONGEST_FUNCTION = 60
LONGEST_FILE = 500

# what networks are made of, and what computes them
BELOW = {"layers", "engines", "formulas"}
# package -> the packages it may import; one may always import itself
MAY_IMPORT = {
    "formulas": set(),
    "engines": {"formulas"},
    "layers": {"engines", "formulas"},
    "network": BELOW,
    "training": {"network", *BELOW},
    "exporting": {"network", *BELOW},
    "recipe": {"training", "network", *BELOW},
    # sources of rows: they know nothing of networks
    "data": set(),
    "estimators": {"data", "recipe", "exporting", "training", "network", *BELOW},
    "adversarial": {"estimators", "recipe", "exporting", "training", "network", *BELOW},
    "boltzmann": {"estimators", "recipe", "exporting", "training", "network", *BELOW},
    "displays": {"estimators", "recipe", "exporting", "training", "network", *BELOW},
    "tabular": {"estimators", "recipe", "exporting", "training", "network", *BELOW},
    "saving": {
        "adversarial",
        "boltzmann",
        "tabular",
        "estimators",
        "recipe",
        "exporting",
        "training",
        "network",
        *BELOW,
    },
    "warm_up": {"tabular", "estimators", "recipe", "exporting", "training", "network", *BELOW},
    "dask": {"data", "estimators", "recipe", "exporting", "training", "network", "warm_up", *BELOW},
    # what the estimators are told of, and call without knowing it
    "callbacks": {"training"},
}
# modules of objects that users name
OBJECTS = {"objects", "solvers", "schedules", "initialisers", "losses", "penalties"}
# libraries that the formulas and the layout do without: they serve every device
DEVICE_LIBRARIES = {"numba", "llvmlite", "torch", "cupy"}


def module_name(path):
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path):
    """Return the dotted names that a file imports, anywhere in it."""
    names = set()
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                base = package[: len(package) - node.level + 1] + base
            names |= {".".join([*base, alias.name]) for alias in node.names}
    return names


def _id(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_imports_go_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    if package not in MAY_IMPORT:
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "skdeep" and len(parts) > 1 and parts[1] in MAY_IMPORT:
            assert parts[1] == package or parts[1] in MAY_IMPORT[package], name
        # `skdeep.warm_up` is a package and a function
        public = set(skdeep.__all__) - {package} - (MAY_IMPORT[package] & {"warm_up"})
        if parts == ["skdeep"] or (parts[0] == "skdeep" and parts[1] in public):
            pytest.fail(f"imports the public face of the package: {name}")


def test_every_package_is_in_the_table():
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT)


def test_no_cycles():
    known = {module_name(path) for path in FILES}
    graph = {}
    for path in FILES:
        targets = {n if n in known else n.rpartition(".")[0] for n in imported(path)} & known
        graph[module_name(path)] = targets - {module_name(path)}

    done, active = set(), []

    def visit(module):
        assert module not in active, " -> ".join([*active, module])
        if module in done:
            return
        active.append(module)
        for target in sorted(graph[module]):
            if not module.startswith(target + "."):  # a parent package is imported anyway
                visit(target)
        active.pop()
        done.add(module)

    for module in sorted(graph):
        visit(module)


def test_objects_stand_between_the_estimators_and_the_rest():
    """The modules of objects that users name: only estimators and recipes, and one another."""
    for path in FILES:
        package = path.relative_to(ROOT).parts[0].removesuffix(".py")
        names = {name.split(".")[1] for name in imported(path) if name.startswith("skdeep.")}
        if package in OBJECTS:
            assert "estimators" not in names, _id(path)
        elif package not in ("displays", "estimators", "recipe", "tabular", "__init__"):
            assert not names & OBJECTS, _id(path)


@pytest.mark.parametrize("folder", ["formulas", "layers", "network"])
def test_formulas_know_no_device(folder):
    for path in (ROOT / folder).rglob("*.py"):
        found = {name.split(".")[0] for name in imported(path)} & DEVICE_LIBRARIES
        assert not found, f"{_id(path)} imports {found}"


def test_engines_do_not_know_each_other():
    engines = [p.parent.name for p in (ROOT / "engines").glob("*/__init__.py")]
    for engine in engines:
        for path in (ROOT / "engines" / engine).rglob("*.py"):
            for name in imported(path):
                parts = name.split(".")
                if parts[:2] == ["skdeep", "engines"] and len(parts) > 2:
                    assert parts[2] == engine or parts[2] not in engines, f"{_id(path)}: {name}"


#: Registries with a small file for every formula, which is found by its name: a reader opens one.
CROWDED = {"formulas/activations"}
MOST_MODULES = 15
#: Bases of a class.
MOST_BASES = 4


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=_id)
def test_folders_are_small(folder):
    """No folder has more modules than a reader takes in at once."""
    if _id(folder) not in CROWDED:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES


def _duty(path):
    """Return what a module is for: one of a kind of layers, or of one engine, shares its name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "formulas" and len(parts) == 3:
        return parts[:1]  # entries of a registry have the names that users write
    if {"layers", "rows"} & set(parts[:-1]):
        return ("layers",)  # a kind of layer, and what layers do with rows
    if parts[0] == "engines" and parts[1] in ("cpu", "cuda"):
        return ("engines", *parts[3:-1])
    return parts[:-1]


def test_modules_have_names_of_their_own():
    """A name says what is inside, so that no two files of one name have different duties.

    The two engines have modules of one name where both do the same, and so have kinds of layers.
    """
    duties = {}
    for path in FILES:
        if not path.name.startswith("_"):
            duties.setdefault(path.stem, set()).add(_duty(path))
    assert {name: found for name, found in duties.items() if len(found) > 1} == {}


def _bases():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield f"{_id(path)}: {node.name}", len(node.bases)


def test_classes_have_at_most_four_bases():
    assert [name for name, number in _bases() if number > MOST_BASES] == []


def _only_stores_parameters(node):
    """Return whether a function is a constructor of the kind that scikit-learn wants."""
    stores = [f"self.{argument.arg} = {argument.arg}" for argument in _arguments(node)]
    return node.name == "__init__" and [ast.unparse(line) for line in node.body] == stores


def _arguments(node):
    return [*node.args.args[1:], *node.args.kwonlyargs]


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if _only_stores_parameters(node):
                continue
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name}: {length} lines"


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_everything_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module"
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(member for cls in classes for member in cls.body)]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


PUBLIC = [
    (name, getattr(module, name))
    for module in (skdeep, skdeep.displays)
    for name in module.__all__
    if not name.startswith("__")
]
#: Records that functions return: their fields are documented, and others show how to get them.
RECORDS = {"LayerDescription", "LossCurve", "NetworkDescription"}
METHODS = [
    (f"{name}.{attribute}", getattr(value, attribute))
    for name, value in PUBLIC
    if inspect.isclass(value)
    for attribute in sorted(dir(value))
    if not attribute.startswith("_") and callable(getattr(value, attribute))
    if getattr(getattr(value, attribute), "__module__", "").startswith("skdeep")
]


def _section(docstring, title):
    """Return the text of a section of a numpydoc docstring, or None."""
    pattern = rf"^{title}\n-{{{len(title)}}}\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)"
    found = re.search(pattern, docstring, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else None


def test_public_names():
    assert {"MLPClassifier", "MLPRegressor", "check_gradient"} <= set(skdeep.__all__)
    assert re.fullmatch(r"\d+\S*", skdeep.__version__)
    assert set(skdeep.__all__) <= set(dir(skdeep))


@pytest.mark.parametrize("name, value", PUBLIC + METHODS, ids=[n for n, _ in PUBLIC + METHODS])
def test_numpydoc(name, value):
    text = inspect.getdoc(value)
    assert text, name
    first = text.splitlines()[0]
    assert first[0].isupper() and first.endswith("."), first
    parameters = [p for p in inspect.signature(value).parameters if p not in ("self", "cls")]
    if parameters:
        title = "Attributes" if name in RECORDS else "Parameters"
        section = _section(text, title)
        assert section, f"no {title} section"
        documented = re.findall(r"^(?:\*\*)?(\w+(?:, \w+)*)(?: :.*)?$", section, re.MULTILINE)
        documented = {p for names in documented for p in names.split(", ")}
        assert set(parameters) <= documented, set(parameters) - documented
    if (name, value) in PUBLIC and name not in RECORDS:
        assert ">>>" in (_section(text, "Examples") or ""), "no example"
    if not inspect.isclass(value):
        assert _section(text, "Returns"), "no Returns section"


NETWORK = ("coefs_", "intercepts_", "loss_curve_", "n_iter_", "out_activation_", "t_")
ATTRIBUTES = {
    "MLPClassifier": NETWORK,
    "MLPRegressor": NETWORK,
    "Perceptron": ("coef_", "intercept_", "classes_", "mistakes_curve_", "n_iter_", "t_"),
}


@pytest.mark.parametrize("name, value", [p for p in PUBLIC if p[0] in ATTRIBUTES])
def test_attributes_are_documented(name, value):
    section = _section(inspect.getdoc(value), "Attributes")
    for attribute in (*ATTRIBUTES[name], "stop_reason_"):
        assert re.search(rf"^{attribute} :", section, re.MULTILINE), attribute


def test_modules_are_imported_when_they_are_asked_for():
    names = ["callbacks", "displays", "exceptions", "layers", "losses", "saving", "tabular"]
    found = run_python(f"import skdeep\nfor n in {names}: print(getattr(skdeep, n).__name__)")
    assert found.split() == [f"skdeep.{name}" for name in names]
    assert set(names) | set(skdeep.__all__) <= set(dir(skdeep))
    with pytest.raises(AttributeError, match="has no attribute 'ghost'"):
        skdeep.ghost  # noqa: B018


def test_nothing_heavy_is_imported():
    code = """
import json, sys
import sklearn.neural_network
before = {name.partition(".")[0] for name in sys.modules}
import skdeep
after = {name.partition(".")[0] for name in sys.modules}
print(json.dumps(sorted(after - before - set(sys.stdlib_module_names))))
"""
    added = set(json.loads(run_python(code)))
    heavy = {
        "torch",
        "tensorflow",
        "jax",
        "cupy",
        "pandas",
        "polars",
        "matplotlib",
        "IPython",
        "rich",
        "onnx",
        "onnxruntime",
        "safetensors",
        "skops",
        "dask",
        "distributed",
        "pyarrow",
    }
    assert not added & heavy
    assert "skdeep" in added


def test_tests_mirror_the_package():
    for package in MAY_IMPORT:
        assert list((TESTS / package).glob("test_*.py")), package
    folders = {path.parent.name for path in (TESTS / "engines" / "cuda").glob("*/test_*.py")}
    assert folders <= {path.name for path in (ROOT / "engines" / "cuda").iterdir()}


def test_typed():
    assert (ROOT / "py.typed").exists()
