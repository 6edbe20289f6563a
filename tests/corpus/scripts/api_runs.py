# Runs of a project: filters, orders, a table of all, deletion. | runs: 5 finished | real: needs a server
import wandb

for number in range(6):
    with wandb.init(
        group="even" if number % 2 == 0 else "odd",
        config={"lr": 10.0**-number, "model": ["a", "b"][number % 2]},
        tags=[f"t{number}"],
        name=f"run-{number}",
    ) as run:
        run.log({"accuracy": number / 10, "loss": 1 - number / 10})
api = wandb.Api(overrides={"project": run.project})
path = f"{run.entity}/{run.project}"
runs = api.runs(path)
assert len(runs) == 6
summaries, configs, names = [], [], []
for one in api.runs(path, order="+created_at", per_page=2):
    summaries.append(one.summary._json_dict)
    configs.append({k: v for k, v in one.config.items() if not k.startswith("_")})
    names.append(one.name)
assert names == [f"run-{n}" for n in range(6)]
assert summaries[3]["accuracy"] == 0.3
assert configs[1] == {"lr": 0.1, "model": "b"}
best = api.runs(path, order="-summary_metrics.accuracy")[0]
assert best.name == "run-5"
filters = {"$and": [{"config.model": "a"}, {"summary_metrics.accuracy": {"$gt": 0.1}}]}
assert sorted(one.name for one in api.runs(path, filters=filters)) == ["run-2", "run-4"]
assert {one.name for one in api.runs(path, {"group": "odd"})} == {"run-1", "run-3", "run-5"}
assert [one.name for one in api.runs(path, {"display_name": {"$regex": "-3$"}})] == ["run-3"]
assert len(api.runs(path, filters={"tags": {"$in": ["t1", "t2"]}})) == 2
assert len(api.runs(path, filters={"state": "finished"})) == 6
assert len(api.runs(path, filters={"jobType": "none"})) == 0
assert run.project in [project.name for project in api.projects(run.entity)]
assert isinstance(api.default_entity, (str, type(None)))
api.run(f"{path}/{best.id}").delete()
assert len(wandb.Api().runs(path)) == 5
