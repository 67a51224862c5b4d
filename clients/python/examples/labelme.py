#!/usr/bin/python3
"""The LabelMe sample through the Python client: store it, train, predict, and compare with the gold classes.

Needs a service (`./labeler serve`) and Debian's python3-grpcio, python3-protobuf, python3-numpy and python3-pandas; no pip. With LABELER_SERVER
and LABELER_API_KEY where the service is elsewhere.
"""
from __future__ import annotations

import argparse
import pathlib
import sys

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "clients" / "python"))  # the client as it lies in the repository

from labeler_client import Client  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="Stores the LabelMe sample, trains on it and predicts.")
    parser.add_argument("--dataset", default="labelme-python", help="id of the dataset to create")
    parser.add_argument("--model", default="wdn", help="algorithm")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--sample", type=pathlib.Path, default=ROOT / "samples" / "labelme")
    arguments = parser.parse_args()

    with Client() as client:
        labelme = client.create_dataset(arguments.dataset, classes=[f"class-{i}" for i in range(8)], items="vector:512")
        for split in ("train", "validation", "test"):
            features = np.load(arguments.sample / f"items_{split}.npy", mmap_mode="r")
            labelme.add_items(features, prefix=f"{split}-", split=split)
            labelme.set_gold(pd.read_csv(arguments.sample / f"gold_{split}.csv"))
        labels = pd.read_csv(arguments.sample / "labels.csv")
        counts = labelme.add_annotations(labels)
        print(f"{counts.created:,} labels of {labels['labeler'].nunique()} labelers stored")

        consensus = labelme.consensus().set_index("item")
        gold = pd.read_csv(arguments.sample / "gold_train.csv").set_index("item")["label"]
        print(f"consensus of the labelers on the training items: {(consensus['class'] == gold[consensus.index]).mean():.3f} right")

        model = labelme.train(arguments.model, seed=1, settings={"epochs": arguments.epochs}).wait()
        predictions = model.predict(np.load(arguments.sample / "items_test.npy"))
        truth = pd.read_csv(arguments.sample / "gold_test.csv")["label"]
        print(f"{model.name}: accuracy {np.mean(predictions.labels == truth):.3f} on {len(predictions):,} test items that no labeler saw")
        print(model.heads().sort_values("weight", ascending=False).head(3).to_string(index=False))


if __name__ == "__main__":
    main()
