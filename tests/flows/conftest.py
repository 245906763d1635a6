"""Data sets and one trained model, shared by the tests of the flow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assay.rollup.datasets import Dataset, Split, load_dataset, split_by_purpose
from assay.rollup.model import ImageClassifier


@pytest.fixture(scope="session")
def data_file() -> Callable[[str], Path]:
    """Finds a file of the optional data folder, or skips the test."""
    folder = Path(os.environ.get("ASSAY_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.is_file():
            pytest.skip(f"needs {name} from the data folder; set ASSAY_DATA_DIR to a folder that holds it")
        return path

    return find


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="session")
def digits_split(digits: Dataset) -> Split:
    return split_by_purpose(digits)


@pytest.fixture(scope="session")
def digits_model(digits: Dataset, digits_split: Split) -> ImageClassifier:
    return ImageClassifier().fit(digits.images[digits_split.train], digits.labels[digits_split.train])


@pytest.fixture(scope="session")
def digits_answers(digits: Dataset, digits_model: ImageClassifier) -> np.ndarray:
    return digits_model.predict(digits.images)
