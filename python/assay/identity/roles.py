"""What a certified identity may be."""

from __future__ import annotations

from enum import Enum

__all__ = ["EVERYONE", "Role"]


class Role(Enum):
    """The one role that a certificate carries."""

    DATA_OWNER = "data-owner"
    MODEL_OWNER = "model-owner"
    USER = "user"
    RECOGNITION_SERVICE = "recognition-service"
    REGISTRAR = "registrar"
    OPERATOR = "operator"


EVERYONE: frozenset[Role] = frozenset(Role)
