"""scikit-learn's HTML shows fitted networks: well-formed, escaped, without other resources."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, Perceptron
from skdeep.estimators.presentation.description import describe_network
from skdeep.estimators.presentation.html import MOST_LAYERS, network_html
from skdeep.layers import NeuronGraph
from tests.helpers import quiet

MARK = '<details class="skdeep-network"'


class Balanced(HTMLParser):
    """Checks that every element is closed, and collects the text of table cells."""

    def __init__(self, html):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in ("th", "td"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.cells[-1] += data


def fitted(estimator=None, as_frame=False):
    estimator = MLPClassifier((5, 4), max_iter=2, dropout=0.5) if estimator is None else estimator
    with quiet():
        return estimator.fit(*load_iris(return_X_y=True, as_frame=as_frame))


def test_table():
    clf = fitted()
    html = network_html(describe_network(clf))
    cells = Balanced(html).cells
    assert cells[:6] == ["layer", "units", "activation", "parameters", "reads", "notes"]
    assert cells[12:18] == ["hidden 0", "5", "relu", "25", "input", "dropout 0.5"]
    assert "MLPClassifier: 4-(5, 4)-3, 64 parameters</summary>" in html
    assert html.count('scope="col"') == 6 and html.count('scope="row"') == 4
    assert "<caption>" in html


def test_no_notes_no_column():
    cells = Balanced(network_html(describe_network(fitted(Perceptron())))).cells
    assert "notes" not in cells and len(cells) == 15


def test_no_other_resources():
    html = network_html(describe_network(fitted()))
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", html)
    # no colours but those of the page, so that light and dark ones both show it
    assert not re.search(r"#[0-9a-f]{3}|rgba?\(|\bblack\b|\bwhite\b", html)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor", "Perceptron"])
def test_scikit_learns_html_is_there(name):
    estimator = {
        "MLPClassifier": MLPClassifier((3,), max_iter=1),
        "MLPRegressor": MLPRegressor(hidden_layer_sizes=(3,), max_iter=1),
        "Perceptron": Perceptron(),
    }[name]
    before = estimator._repr_html_()
    assert "sk-top-container" in before and MARK not in before
    after = fitted(estimator)._repr_html_()
    assert after.count(MARK) == 1 and "sk-top-container" in after
    assert "max_iter" in after[after.index(MARK) :]  # the parameters are below
    assert estimator._repr_mimebundle_()["text/html"].count(MARK) == 1
    assert MARK not in clone(estimator)._repr_html_()
    with config_context(display="text"):
        assert "text/html" not in estimator._repr_mimebundle_()


def test_within_pipelines_and_searches():
    pipe = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=1, random_state=0))
    assert MARK not in pipe._repr_html_()
    assert fitted(clone(pipe))._repr_html_().count(MARK) == 1
    search = fitted(GridSearchCV(pipe, {"mlpclassifier__alpha": [0.1, 1.0]}, cv=2))
    assert search._repr_html_().count(MARK) == 1


def test_names_are_escaped():
    X, y = load_iris(return_X_y=True)
    names = ["<b>", "a&b", '"c"', "d"]
    graph = {"<i>": ["<b>", "a&b"], "&amp;": ['"c"', "d"]}
    model = NetworkClassifier([NeuronGraph(graph)], max_iter=1)
    with quiet():
        model.fit(pd.DataFrame(X, columns=names), y)
    html = network_html(describe_network(model))
    Balanced(html)
    assert "<i>" not in html and "<b>" not in html

    class Odd(MLPClassifier):
        pass

    Odd.__name__ = "<script>"
    description = describe_network(fitted(Odd((2,), max_iter=1)))
    assert "&lt;script&gt;: 4-(2)-3" in network_html(description)


def test_many_layers():
    sizes = (1,) * 100
    clf = fitted(MLPClassifier(sizes, max_iter=1))
    html = network_html(describe_network(clf))
    Balanced(html)
    assert html.count("<tr>") == 1 + MOST_LAYERS + 1
    assert f"{102 - MOST_LAYERS} more layers" in html


def test_broken_attributes_do_not_break_the_html():
    clf = fitted()
    clf.coefs_ = "none"
    html = clf._repr_html_()
    assert MARK not in html and "sk-top-container" in html
    clf = fitted().set_params(activation=["relu"])  # for two hidden layers
    assert "sk-top-container" in clf._repr_html_()
