"""A small book that every test of the Python API gets a copy of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import clientops as co
from tests.books import create_small, fill_shop


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory) -> Path:
    """A filled book that nobody changes."""
    path = tmp_path_factory.mktemp("api") / "shop.duckdb"
    fill_shop(create_small(path))
    return path


@pytest.fixture
def book(shop_file, tmp_path) -> co.Book:
    """A copy of it, opened by Ann."""
    copied = tmp_path / "shop.duckdb"
    shutil.copy(shop_file, copied)
    return co.open(copied, operator="ann")
