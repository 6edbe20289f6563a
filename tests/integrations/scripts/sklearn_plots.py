"""Every chart of wandb.sklearn, of models that scikit-learn fitted."""

import json
import os

import wandb
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

truth: dict = {}

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(x_train, y_train)
guesses, sure = forest.predict(x_test), forest.predict_proba(x_test)
with wandb.init(name="classifier"):
    wandb.sklearn.plot_classifier(
        forest, x_train, x_test, y_train, y_test, guesses, sure, ["bad", "good"],
        is_binary=True, model_name="Forest", log_learning_curve=True,
    )  # fmt: skip
truth["confusion"] = metrics.confusion_matrix(y_test, guesses).tolist()
truth["auc"] = metrics.roc_auc_score(y_test, sure[:, 1])
truth["accuracy"] = metrics.accuracy_score(y_test, guesses)
truth["important"] = int(forest.feature_importances_.argmax())
truth["proportions"] = [int((y_train == 0).sum()), int((y_test == 0).sum())]

x, y = load_diabetes(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
ridge = Ridge().fit(x_train, y_train)
with wandb.init(name="regressor"):
    wandb.sklearn.plot_regressor(ridge, x_train, x_test, y_train, y_test, "Ridge")
truth["mse"] = metrics.mean_squared_error(y_test, ridge.predict(x_test))

x, y = load_iris(return_X_y=True)
clusters = KMeans(3, n_init=2, random_state=0)
found = clusters.fit_predict(x)
with wandb.init(name="clusterer"):
    wandb.sklearn.plot_clusterer(clusters, x, found, ["a", "b", "c"], "KMeans")
truth["silhouette"] = metrics.silhouette_score(x, found)
truth["inertia"] = clusters.inertia_

with open(os.environ["TRUTH"], "w") as file:
    json.dump(truth, file)
