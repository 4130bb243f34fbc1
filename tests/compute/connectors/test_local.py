"""The embedded cluster passes the contract, and keeps its own promises."""

from functools import partial

import pytest

from qianhang.compute.connectors.local.connector import LocalConnector

from .contract import ConnectorContract, Factory


@pytest.mark.sandbox
class TestLocalContract(ConnectorContract):
    @pytest.fixture
    def factory(self, local_factory: partial[LocalConnector]) -> Factory:
        return local_factory
