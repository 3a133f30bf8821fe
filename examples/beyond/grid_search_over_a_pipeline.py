# %% [markdown]
# # A grid search over a pipeline
#
# A network as one step of a scikit-learn pipeline: inputs are scaled by the folds that it is
# trained on, and width, learning rate and optimizer are searched over in two processes.

# %%
import numpy as np
from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

import tensorgraph as tg
from tensorgraph import nn

wine = load_wine()
cultivars = np.array(["barolo", "grignolino", "barbera"])[wine.target]
X, X_test, y, y_test = train_test_split(
    wine.data, cultivars, test_size=0.25, stratify=cultivars, random_state=0
)

# %% [markdown]
# ## The model, as a function
#
# The estimator calls it with what it knows of the data, and with the parameters that begin with
# `model__`. The labels are strings, and stay so.


# %%
def network(n_features_in_, n_classes_, width=8, p=0.0):
    return nn.Sequential(
        nn.Linear(n_features_in_, width),
        nn.ReLU(),
        nn.Dropout(p=p),
        nn.Linear(width, n_classes_),
    )


classifier = tg.sklearn.Classifier(network, epochs=30, lr=0.01, batch_size=16, random_state=0)
pipeline = make_pipeline(tg.data.Normalize(), classifier)
pipeline.fit(X, y)
print(pipeline.predict(X_test[:3]), pipeline.predict_proba(X_test[:3]).round(2))
pipeline[-1].history_

# %% [markdown]
# ## The search
#
# `n_jobs=2` trains in two processes. The same `random_state` gives the same weights in any of them.

# %%
grid = {
    "classifier__model__width": [2, 8, 32],
    "classifier__lr": [0.001, 0.01],
    "classifier__optimizer": [tg.optim.Adam, tg.optim.AdamW],
}
search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X, y)
print(search.best_params_, f"{search.best_score_:.1%}")
assert search.best_score_ > 0.95

found = search.cv_results_
for width in grid["classifier__model__width"]:
    scores = found["mean_test_score"][found["param_classifier__model__width"] == width]
    print(f"width {width:2}: {scores.mean():.1%} on average, {scores.max():.1%} at best")

# %% [markdown]
# ## What is it worth?
#
# The test set was not looked at. A logistic regression is what a network has to be better than; on
# 133 wines it hardly can be. A step without scaling shows what the pipeline is for.

# %%
best = search.best_estimator_
rival = make_pipeline(tg.data.Normalize(), LogisticRegression()).fit(X, y)
print(f"network {best.score(X_test, y_test):.1%}, rival {rival.score(X_test, y_test):.1%}")
print(f"without scaling {cross_val_score(classifier, X, y, cv=3).mean():.1%}")
assert best.score(X_test, y_test) > 0.9

weight = permutation_importance(best, X_test, y_test, n_repeats=5, random_state=0)
for i in np.argsort(-weight.importances_mean)[:3]:
    print(f"{wine.feature_names[i]:28} {weight.importances_mean[i]:.3f}")

# %% [markdown]
# ## It is a module all along
#
# The trained network is an attribute, to be looked into, rendered, or trained further.

# %%
module = best[-1].module_
print(module)
tg.render(module, tg.zeros((1, 13)))
