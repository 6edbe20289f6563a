# Every chart of wandb.plot. | runs: 1 finished | needs: numpy, sklearn
import numpy as np
import wandb

run = wandb.init()
rng = np.random.default_rng(0)
data = [[x, y] for x, y in zip(range(10), rng.random(10))]
table = wandb.Table(data=data, columns=["x", "y"])
run.log(
    {
        "line": wandb.plot.line(table, "x", "y", title="A line"),
        "stroke": wandb.plot.line(table, x="x", y="y", stroke=None, title=""),
        "scatter": wandb.plot.scatter(table, "x", "y", title="A cloud"),
        "bar": wandb.plot.bar(
            wandb.Table(data=[["car", 0.6], ["bus", 0.3]], columns=["label", "value"]),
            "label",
            "value",
            title="Bars",
        ),
        "histogram": wandb.plot.histogram(
            wandb.Table(data=[[s] for s in rng.random(50)], columns=["score"]), "score"
        ),
        "series": wandb.plot.line_series(
            xs=[0, 1, 2], ys=[[1, 2, 3], [3, 2, 1]], keys=["up", "down"], title="T", xname="step"
        ),
        "series_each": wandb.plot.line_series(xs=[[0, 1], [0, 1, 2]], ys=[[1, 2], [3, 2, 1]]),
    }
)
truth = rng.integers(0, 3, 60)
probabilities = rng.dirichlet(np.ones(3), 60)
names = ["cat", "dog", "owl"]
run.log({"roc": wandb.plot.roc_curve(truth, probabilities, labels=names)})
run.log({"pr": wandb.plot.pr_curve(truth, probabilities, labels=names, classes_to_plot=[0, 1])})
run.log(
    {
        "conf_mat": wandb.plot.confusion_matrix(
            probs=None,
            y_true=truth.tolist(),
            preds=probabilities.argmax(1).tolist(),
            class_names=names,
        )
    }
)
run.log({"by_probs": wandb.plot.confusion_matrix(probs=probabilities, y_true=truth)})
run.log(
    {
        "custom": wandb.plot_table(
            vega_spec_name="wandb/area-under-curve/v0",
            data_table=table,
            fields={"x": "x", "y": "y", "class": "class"},
            string_fields={"title": "Area"},
        )
    }
)
chart = wandb.plot.line(table, "x", "y")
assert isinstance(chart, wandb.plot.CustomChart)
assert run.summary["roc_table"]["_type"] == "table-file"
run.finish()
