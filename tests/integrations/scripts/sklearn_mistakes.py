"""Charts that cannot be drawn, and a training that goes on."""

import numpy as np
import wandb
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

x, y = load_iris(return_X_y=True)
forest = RandomForestClassifier(n_estimators=2).fit(x, y)
clusters = KMeans(3, n_init=1).fit(x)
with wandb.init(name="mistakes"):
    wandb.sklearn.plot_roc(y)
    wandb.sklearn.plot_residuals(forest, x, y)
    wandb.sklearn.plot_feature_importances(RandomForestClassifier())
    wandb.sklearn.plot_silhouette(clusters, x, np.zeros(len(x)))
    wandb.log({"still": "here"})
