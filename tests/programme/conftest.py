import pytest

from .world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()
