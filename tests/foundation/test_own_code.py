"""A changed file of ours is another leapcheck, for what is resumed and for workers elsewhere."""

import pytest

from harness.foundation import own_code


@pytest.fixture
def digest_of(tmp_path, monkeypatch):
    """The digest of a tree in which one module says so."""
    monkeypatch.setattr(own_code, "ROOT", tmp_path)
    (tmp_path / "bounds" / "deep").mkdir(parents=True)

    def found(said):
        (tmp_path / "bounds" / "deep" / "one.py").write_text(said)
        own_code.digest.cache_clear()
        return own_code.digest()

    yield found
    own_code.digest.cache_clear()


def test_a_changed_file_makes_another_digest(digest_of):
    first = digest_of("ONE = 1\n")
    assert digest_of("ONE = 2\n") != first
    assert digest_of("ONE = 1\n") == first


def test_it_is_of_the_packages_that_there_are():
    assert all((own_code.ROOT / package / "__init__.py").exists() for package in own_code.OURS)
