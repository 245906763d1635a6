"""Fixtures of the back ends."""

import pytest
from support.etcd import running


@pytest.fixture(scope="session")
def etcd(tmp_path_factory):
    """A cluster of three nodes that the tests of a session share, each under a prefix of its own."""
    with running(tmp_path_factory.mktemp("etcd") / "cluster") as cluster:
        yield cluster
