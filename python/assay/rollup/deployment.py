"""One rollup with all its parties in one process: authority, ledger, service, registrar, operator, gateway, prover.

The parties talk by method calls here and share nothing but what the protocol hands over; each holds its own keys. This is what the demo and the flow tests run on.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from assay.core.encoding import Encodable
from assay.core.errors import LimitError
from assay.core.progress import SILENT, Progress
from assay.crypto import eddsa, groth16
from assay.identity import CertificateAuthority, Credentials, Role, SealingKey, SigningKey, TrustStore
from assay.identity.enrolment import apply
from assay.ledger.embedded import EmbeddedLedger
from assay.ledger.genesis import Genesis
from assay.rollup.account import Account
from assay.rollup.client import Client
from assay.rollup.config import DetectorConstants, RollupConfig, RollupId, shared_table
from assay.rollup.batch import Batch, Submission
from assay.rollup.contract import (
    RollupContract,
    chain_field,
    configure_payload,
    genesis_parameters,
    permit_payload,
)
from assay.rollup.gateway import Gateway
from assay.rollup.operator import Operator, Settlement
from assay.rollup.prover import Prover
from assay.rollup.registrar import Registrar
from assay.rollup.service import Model, RecognitionService
