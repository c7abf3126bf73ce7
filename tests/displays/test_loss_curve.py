"""The curves hold what the estimators recorded, and the axes show it."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, TabularClassifier, TabularRegressor
from skdeep.displays import LossCurve, LossCurveDisplay
from tests.displays import networks
from tests.helpers import quiet
from tests.tabular.ensemble.examples import table

plt = pytest.importorskip("matplotlib.pyplot")


def points(line):
    return list(line.get_xdata()), list(line.get_ydata())


def labels(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def test_training_loss_alone():
    clf = networks.classifier(max_iter=6)
    display = LossCurveDisplay.from_estimator(clf)
    assert list(display.lines_) == [("MLPClassifier", "loss")]
    assert points(display.lines_["MLPClassifier", "loss"]) == ([1, 2, 3, 4, 5, 6], clf.loss_curve_)
    assert display.score_ax_ is None and display.best_lines_ == []
    assert display.ax_.get_xlabel() == "Epoch" and display.ax_.get_ylabel() == "Loss"
    assert display.figure_ is display.ax_.figure and display.ax_.get_yscale() == "linear"
    assert display.ax_.get_legend() is None


def test_validation_and_best_epoch():
    clf = networks.classifier(max_iter=30, early_stopping=True, learning_rate_init=0.01)
    display = LossCurveDisplay.from_estimator(clf, name="net", log_scale=True)
    best = int(np.argmax(clf.validation_scores_)) + 1
    assert display.curves[0].best_epoch == best
    for kind, values in (
        ("loss", clf.loss_curve_),
        ("validation_loss", clf.validation_loss_curve_),
        ("validation_score", clf.validation_scores_),
    ):
        assert points(display.lines_["net", kind])[1] == values
    assert display.lines_["net", "validation_score"].axes is display.score_ax_
    assert display.score_ax_.get_ylabel() == "Validation accuracy"
    (mark,) = display.best_lines_
    assert points(mark) == ([best], [clf.best_validation_score_])
    assert display.ax_.get_yscale() == "log" and display.score_ax_.get_yscale() == "linear"
    shown = ["training loss", "validation loss", "validation score", f"best epoch: {best}"]
    assert labels(display) == shown
    colours = {kind: line.get_color() for (_, kind), line in display.lines_.items()}
    assert colours["loss"] == colours["validation_loss"] != colours["validation_score"]
    assert mark.get_color() == colours["validation_score"]

    without = display.plot(scores=False)
    assert without is display and display.score_ax_ is None
    assert points(display.best_lines_[0])[1] == [clf.validation_loss_curve_[best - 1]]


def test_given_validation_set_stops_nothing():
    X, y = networks.iris()
    with quiet():
        clf = MLPClassifier((4,), max_iter=3).fit(X, y, X_val=X[:30], y_val=y[:30])
    display = LossCurveDisplay.from_estimator(clf)
    assert display.curves[0].best_epoch is None and len(display.lines_) == 3
    # a call without the set: it is not known which epochs had one
    clf.partial_fit(X, y)
    display = LossCurveDisplay.from_estimator(clf)
    assert list(display.lines_) == [("MLPClassifier", "loss")]
    assert len(display.curves[0].losses) == 4


def test_restarts():
    clf = networks.classifier(max_iter=4, n_restarts=4)
    display = LossCurveDisplay.from_estimator(clf)
    others = [r.loss_curve for i, r in enumerate(clf.restarts_) if i != clf.best_restart_]
    assert [points(line)[1] for line in display.restart_lines_] == others
    main = display.lines_["MLPClassifier", "loss"]
    assert points(main)[1] == clf.restarts_[clf.best_restart_].loss_curve
    assert all(line.get_linewidth() < main.get_linewidth() for line in display.restart_lines_)
    assert labels(display.ax_) == ["training", "other initialisations"]
    assert display.plot(restarts=False).restart_lines_ == []


@pytest.mark.parametrize("x, step", [("epoch", 1), ("update", 5), ("sample", 150)])
def test_axis(x, step):
    clf = networks.classifier(max_iter=4, batch_size=32)
    display = LossCurveDisplay.from_estimator(clf, x=x)
    assert points(display.lines_["MLPClassifier", "loss"])[0] == [step * i for i in (1, 2, 3, 4)]
    assert x.capitalize() in display.ax_.get_xlabel()


def test_axis_of_all_rows_at_once():
    display = LossCurveDisplay.from_estimator(networks.classifier(solver="rprop"), x="update")
    assert points(display.lines_["MLPClassifier", "loss"])[0] == [1, 2, 3]


def test_axis_that_is_not_known():
    clf = networks.classifier(solver="cg")
    assert points(LossCurveDisplay.from_estimator(clf).lines_["MLPClassifier", "loss"])[1] == (
        clf.loss_curve_
    )
    with pytest.raises(ValueError, match="number of updates in an epoch of 'MLPC"):
        LossCurveDisplay.from_estimator(clf, x="update")
    with pytest.raises(ValueError, match="x must be one of 'epoch', 'update', 'sample'"):
        LossCurveDisplay.from_estimator(clf, x="time")


def test_continued_fits():
    X, y = networks.iris()
    clf = networks.classifier(warm_start=True)
    with quiet():
        clf.fit(X, y)
    clf.partial_fit(X, y)
    display = LossCurveDisplay.from_estimator(clf, x="sample")
    assert points(display.lines_["MLPClassifier", "loss"])[0] == [150 * i for i in range(1, 8)]


def test_several_estimators():
    small, large = networks.classifier((3,)), networks.classifier((9,), early_stopping=True)
    display = LossCurveDisplay.from_estimators({"small": small, "large": large}, x="update")
    assert len(display.lines_) == 4
    colours = {name: line.get_color() for (name, _), line in display.lines_.items()}
    assert colours["small"] != colours["large"]
    for (name, _), line in display.lines_.items():
        assert line.get_color() == colours[name]
    shown = ["training loss", "validation loss", "validation score", "best epochs"]
    assert labels(display) == ["small", "large", *shown]
    same = LossCurveDisplay.from_estimators([small, small])
    assert [curve.name for curve in same.curves] == ["MLPClassifier 0", "MLPClassifier 1"]
    with pytest.raises(ValueError, match="estimators is empty"):
        LossCurveDisplay.from_estimators([])
    with pytest.raises(ValueError, match="Losses and mistakes"):
        LossCurveDisplay.from_estimators([small, networks.perceptron()])


def test_given_axes():
    _, axes = plt.subplots(1, 2)
    display = LossCurveDisplay.from_estimator(networks.classifier(), ax=axes[1], color="red")
    assert display.ax_ is axes[1] and not axes[0].lines
    assert display.lines_["MLPClassifier", "loss"].get_color() == "red"


def test_two_displays_on_the_same_axes():
    clf = networks.classifier(early_stopping=True)
    first = LossCurveDisplay.from_estimator(networks.classifier(), name="a")
    second = LossCurveDisplay.from_estimator(clf, name="b", ax=first.ax_)
    third = LossCurveDisplay.from_estimator(clf, name="c", ax=first.ax_)
    assert second.score_ax_ is third.score_ax_ and len(first.figure_.axes) == 2
    assert first.ax_.get_legend() is None
    assert labels(third)[:2] == ["b", "c"] and labels(third)[-1] == "best epochs"
    assert second.legend_ not in first.figure_.get_children()  # its place was taken
    colours = {d.lines_[d.curves[0].name, "loss"].get_color() for d in (first, second, third)}
    assert len(colours) == 3


@pytest.mark.parametrize("n_classes", [2, 3])
def test_perceptron(n_classes):
    clf = networks.perceptron(n_classes)
    display = LossCurveDisplay.from_estimator(clf, log_scale=True)
    columns = clf.mistakes_curve_.reshape(len(clf.mistakes_curve_), -1).T
    assert len(display.lines_) == len(columns) == (1 if n_classes == 2 else 3)
    for line, column in zip(display.lines_.values(), columns, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), column)
    assert display.ax_.get_ylabel() == "Mistakes"
    assert display.ax_.get_yscale() == "symlog"  # the mistakes end at 0


def test_within_pipelines_and_searches():
    X, y = networks.iris()
    pipe = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=3, random_state=0))
    with quiet():
        search = GridSearchCV(pipe, {"mlpclassifier__alpha": [0.1, 0.2]}, cv=2).fit(X, y)
    display = LossCurveDisplay.from_estimator(search)
    assert display.curves[0].losses == search.best_estimator_[-1].loss_curve_


def test_scikit_learns_network():
    with quiet():
        clf = TheirClassifier((3,), max_iter=3, early_stopping=True).fit(*networks.iris())
    display = LossCurveDisplay.from_estimator(clf)
    assert {kind for _, kind in display.lines_} == {"loss", "validation_score"}


def test_nothing_to_draw():
    X, y = networks.iris()
    with pytest.raises(NotFittedError, match="MLPClassifier instance is not fitted"):
        LossCurveDisplay.from_estimator(MLPClassifier())
    with pytest.raises(TypeError, match="An estimator was expected"):
        LossCurveDisplay.from_estimator(MLPClassifier)
    with pytest.raises(ValueError, match="solver='lbfgs' records none"):
        LossCurveDisplay.from_estimator(networks.classifier(solver="lbfgs"))
    refitted = networks.classifier()
    with quiet():
        refitted.set_params(solver="lbfgs").fit(X, y)
    with pytest.raises(ValueError, match="solver='lbfgs' records none"):
        LossCurveDisplay.from_estimator(refitted)
    with pytest.raises(ValueError, match="its weights are given"):
        LossCurveDisplay.from_estimator(MLPClassifier.from_weights([[[1.0]]], [[0.0]]))
    with pytest.raises(ValueError, match="LinearRegression has no record of its training"):
        LossCurveDisplay.from_estimator(LinearRegression().fit(X, y))
    assert plt.get_fignums() == []


def test_no_curves():
    with pytest.raises(ValueError, match="curves is empty"):
        LossCurveDisplay(curves=[]).plot()


def test_plain_data():
    curve = LossCurve("mine", [3.0, np.nan, -1.0], updates=2.0, restarts=([2.0, np.inf],))
    display = LossCurveDisplay(curves=[curve]).plot(x="update", log_scale=True)
    assert points(display.lines_["mine", "loss"])[0] == [2, 4, 6]
    assert display.ax_.get_yscale() == "symlog"
    display.figure_.canvas.draw()


def test_members_of_an_ensemble():
    X, labels, _ = table()
    model = TabularClassifier(n_ensemble=3, max_iter=5, random_state=0).fit(X, labels)
    display = LossCurveDisplay.from_estimator(model)
    assert [curve.name for curve in display.curves] == [f"TabularClassifier {i}" for i in range(3)]
    assert display.score_ax_ is None and len(display.lines_) == 6 and len(display.best_lines_) == 3
    for member, curve in zip(model.members_, display.curves, strict=True):
        assert curve.losses == member.loss_curve_
        assert curve.best_epoch == 1 + np.argmin(member.validation_loss_curve_)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training loss", "validation loss", "best epochs"]
    colors = {kind: set() for _, kind in display.lines_}
    for (_, kind), line in display.lines_.items():
        colors[kind].add(line.get_color())
    assert [len(own) for own in colors.values()] == [1, 1]


def test_quantiles_of_an_ensemble():
    X, _, y = table()
    model = TabularRegressor(n_ensemble=2, max_iter=5, quantiles=[0.1, 0.5, 0.9], random_state=0)
    display = LossCurveDisplay.from_estimator(model.fit(X, y))
    names = [f"quantile {q} {i}" for q in (0.1, 0.5, 0.9) for i in range(2)]
    assert [curve.name for curve in display.curves] == names
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    kinds = [f"{kind} loss" for kind in ("training", "validation")]
    of_quantiles = [f"quantile {q}, {kind}" for q in (0.1, 0.5, 0.9) for kind in kinds]
    assert sorted(labels) == sorted([*of_quantiles, "best epochs"])
    assert len({line.get_color() for line in display.lines_.values()}) == 6
    figure = display.figure_
    figure.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    assert figure.bbox.x0 <= legend.x0 and legend.x1 <= figure.bbox.x1
    _, ax = plt.subplots()
    both = LossCurveDisplay.from_estimators({"a": model, "b": model}, ax=ax)
    assert {curve.group for curve in both.curves} >= {"a, quantile 0.1", "b, quantile 0.9"}


@pytest.mark.parametrize("size", [(3.5, 2.8), (9.0, 6.0)])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_legends_lie_within_the_figure(n, size):
    """Beside the axes, which they do not hide, and not cut."""
    clf = networks.classifier(early_stopping=True)
    estimators = {f"network {'wide' * i} {i}": clf for i in range(n)}
    with plt.rc_context({"figure.figsize": size}):
        display = LossCurveDisplay.from_estimators(estimators)
    figure = display.figure_
    figure.canvas.draw()
    legend, axes = display.legend_.get_window_extent(), display.ax_.get_window_extent()
    assert legend.x0 >= figure.bbox.x0 - 1 and legend.x1 <= figure.bbox.x1 + 1
    assert legend.y0 >= figure.bbox.y0 - 1 and legend.y1 <= axes.y0
    label = display.score_ax_.yaxis.label.get_window_extent()
    assert label.x1 <= figure.bbox.x1 + 1


def test_names_of_scores():
    clf = networks.classifier(early_stopping=True, scoring="f1_macro")
    display = LossCurveDisplay.from_estimator(clf)
    assert display.score_ax_.get_ylabel() == "Validation f1_macro"
    other = networks.classifier(early_stopping=True)
    both = LossCurveDisplay.from_estimators([clf, other])
    assert both.score_ax_.get_ylabel() == "Validation score"


def test_scikit_learns_networks_have_curves():
    X, y = networks.iris()
    theirs = TheirClassifier((3,), max_iter=3, random_state=0)
    with quiet():
        display = LossCurveDisplay.from_estimator(theirs.fit(X, y))
    assert points(display.lines_["MLPClassifier", "loss"])[1] == theirs.loss_curve_
