"""Client of a LabelerService: stream in what many experts say, train on it, and predict knowing whom to trust.

    from labeler_client import Client

    with Client() as client:                                  # LABELER_SERVER and LABELER_API_KEY, else http://localhost:8081
        scenes = client.create_dataset("scenes", classes=["coast", "forest"], items="vector:512")
        scenes.add_items(features, ids=ids)                   # float32 [N, 512]
        scenes.add_annotations(frame)                         # columns item, labeler, label
        model = scenes.train("wdn").wait()
        print(model.predict(new_features).to_frame())

NumPy and pandas are needed only by what takes or gives arrays and tables. ``labeler_client.api`` has the messages and stubs of
labeler.v1, which methods called ``info`` return.
"""
from labeler_client.annotations import AnnotationCounts
from labeler_client.client import Client
from labeler_client.dataset import Dataset
from labeler_client.errors import (
    AlreadyExistsError, AuthenticationError, FieldViolation, InputError, InvalidArgumentError, LabelerError, NotFoundError,
    PermissionDeniedError, TrainingFailedError, UnavailableError,
)
from labeler_client.insight import Agreement, Estimate, LabelerDetails
from labeler_client.items import ItemCounts
from labeler_client.models import Metric, Model, ModelVersion
from labeler_client.predictions import Predictions
from labeler_client.progress import Progress
from labeler_client.training import TrainingEvent, TrainingRun

__version__ = "0.1.0"
__all__ = [
    "Agreement", "AlreadyExistsError", "AnnotationCounts", "AuthenticationError", "Client", "Dataset", "Estimate", "FieldViolation", "InputError",
    "InvalidArgumentError", "ItemCounts", "LabelerDetails", "LabelerError", "Metric", "Model", "ModelVersion", "NotFoundError",
    "PermissionDeniedError", "Predictions", "Progress", "TrainingEvent", "TrainingFailedError", "TrainingRun", "UnavailableError",
]
