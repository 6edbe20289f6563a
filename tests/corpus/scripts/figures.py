# Figures of matplotlib and plotly, given bare and wrapped. | runs: 1 finished | needs: matplotlib, plotly, numpy
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import plotly.graph_objects as go
import wandb

run = wandb.init()
figure, axes = plt.subplots()
axes.imshow(np.eye(4))
run.log({"image": wandb.Image(figure), "captioned": wandb.Image(plt, caption="plt")})
plt.close(figure)
figure, axes = plt.subplots()
axes.plot([1, 2, 3], [3, 1, 2], label="line")
axes.legend()
run.log({"figure": figure})
plt.close(figure)
plt.plot([1, 2, 3])
run.log({"module": plt})
plt.close("all")
made = go.Figure(data=go.Scatter(x=[1, 2], y=[3, 4], mode="markers"))
run.log({"plotly": made, "wrapped": wandb.Plotly(made)})
run.log({"html": wandb.Html(made.to_html(include_plotlyjs=False))})
assert run.summary["image"]["_type"] == "image-file"
assert run.summary["plotly"]["_type"] == "plotly-file"
assert run.summary["wrapped"]["_type"] == "plotly-file"
run.finish()
