"""Fixtures that every kind of test shares."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from assay import _native

if TYPE_CHECKING:
    from support.rollup_parties import Parties

    from assay.rollup.prover import Prover

HERE = Path(__file__).parent
INTEROP = HERE / "interop"

# No test fails because the machine is busy.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


# Files that take longest, begun first: at the end no worker is left alone with one of them.
LONGEST = (
    "interop/test_ceremony_phase1.py",
    "property/test_gadget_soundness.py",
    "constant_time/test_bigint_secrets.py",
    "kernels/test_groth16_estimate.py",
    "interop/test_solidity.py",
    "interop/test_zkey.py",
    "flows/test_cli_bench.py",
    "flows/test_cli_reproduce.py",
    "flows/test_rollup_deployment.py",
    "differential/test_groth16.py",
    "kernels/test_msm.py",
    "kernels/test_bn254.py",
    "kernels/test_instruction_trap.py",
    "kernels/test_ntt.py",
    "flows/test_model.py",
    "interop/test_docs.py",
    "interop/test_ceremony_phase2.py",
    "kernels/test_product_tree.py",
    "kernels/test_merkle.py",
    "attacks/test_primality.py",
    "contract/test_capi_paillier.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {HERE / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(params=_native.cpu_info()["available"])
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test on each instruction-set level of this machine."""
    before = _native.isa()
    _native.set_isa(request.param)
    yield request.param
    _native.set_isa(before)


class NodeTool:
    """Runs the pinned npm packages of tests/interop: the independent implementations we compare with."""

    def __init__(self, node: str) -> None:
        self.node = node

    def __call__(self, script: str, payload: Any = None, timeout: float = 300) -> Any:
        """Runs tests/interop/`script` with `payload` as JSON on standard input; returns its standard output as JSON."""
        return json.loads(self._run([str(INTEROP / script)], json.dumps(payload), timeout, INTEROP))

    def command(self, name: str, *arguments: str | Path, cwd: Path | None = None, timeout: float = 600) -> str:
        """Runs a package's command-line tool (`snarkjs`, `circom2`) in `cwd`; returns what it printed."""
        target = (INTEROP / "node_modules" / ".bin" / name).resolve(strict=True)
        return self._run([str(target), *map(str, arguments)], "", timeout, cwd or INTEROP)

    def _run(self, arguments: list[str], text: str, timeout: float, cwd: Path) -> str:
        done = subprocess.run(
            [self.node, *arguments], input=text, capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False
        )
        if done.returncode != 0:
            raise NodeError(done.returncode, done.stdout + done.stderr)
        return done.stdout


class NodeError(Exception):
    """The node program ended with a status other than 0; `output` is what it printed."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(f"node ended with status {status}:\n{output}")
        self.status = status
        self.output = output


@pytest.fixture(scope="session")
def rollup_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache directory (`ASSAY_CACHE_DIR`) that the rollup's proving keys lie in for this session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def rollup_prover(rollup_cache: Path) -> Prover:
    """Proves batches of two; compiled and set up once a session."""
    from assay.rollup.prover import Prover

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_CACHE_DIR", str(rollup_cache))
        return Prover(2)


@pytest.fixture
def parties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parties]:
    """Those of a rollup on a ledger of their own; proofs are stood in for."""
    from support.rollup_parties import Parties, use_stand_in

    use_stand_in(monkeypatch)
    made = Parties(tmp_path, window=20)
    yield made
    made.close()


@pytest.fixture(scope="session")
def node_tool() -> NodeTool:
    """The interop runner. Without node or its packages the test is skipped, or fails when they are required (CI)."""
    node = shutil.which("node")
    missing = None
    if node is None:
        missing = "node is not installed (apt-get install nodejs npm)"
    elif not (INTEROP / "node_modules").is_dir():
        missing = "the npm packages are not installed (cd tests/interop && npm ci)"
    if missing is None and node is not None:
        return NodeTool(node)
    if os.environ.get("CI") or os.environ.get("ASSAY_REQUIRE_INTEROP"):
        pytest.fail(f"interop tests are required here, but {missing}")
    pytest.skip(missing or "")
