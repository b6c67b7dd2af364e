import json
import re
import stat
from pathlib import Path

import pytest

from studiolo.api.server import PERMISSIONS, TOKEN_PATTERN, TokenChange, TokenRequest
from studiolo.errors import NotFoundError, RequestError, StorageError
from studiolo.server.tokens import Token, TokenStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "tokens.json"


def checked(store: TokenStore, text: str) -> Token:
    """The token that this text is."""
    token = store.check(text)
    assert token
    return token


def test_a_token_is_shown_once_and_kept_as_a_hash(file: Path) -> None:
    store = TokenStore(file)
    token, text = store.create(TokenRequest(name="laptop"))
    assert re.match(TOKEN_PATTERN, text)
    assert text not in file.read_text()
    assert text.split(":")[1] not in file.read_text()
    assert token.prefix == text[:10]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert checked(store, text).name == "laptop"
    assert store.check(text[:-1] + ("x" if text[-1] != "x" else "y")) is None


def test_tokens_survive_a_restart_and_a_revoked_one_does_not_return(file: Path) -> None:
    store = TokenStore(file)
    kept, kept_text = store.create(TokenRequest(name="kept"))
    gone, gone_text = store.create(TokenRequest(name="gone"))
    store.revoke(gone.id)
    again = TokenStore(file)
    assert [token.id for token in again.all()] == [kept.id]
    assert again.check(kept_text)
    assert again.check(gone_text) is None


def test_editing_changes_what_it_may_and_not_its_text(file: Path) -> None:
    store = TokenStore(file)
    token, text = store.create(TokenRequest(name="a", permissions=["chat"]))
    assert not checked(store, text).allows("models")
    store.change(token.id, TokenChange(name="b", permissions=["chat", "models"]))
    assert checked(store, text).name == "b"
    assert checked(store, text).allows("models")
    assert not checked(store, text).allows("admin")


def test_admin_allows_everything(file: Path) -> None:
    store = TokenStore(file)
    _, text = store.create(TokenRequest(name="a", permissions=["admin"]))
    assert all(checked(store, text).allows(permission) for permission in PERMISSIONS)


def test_an_expired_token_is_none(file: Path) -> None:
    store = TokenStore(file)
    token, text = store.create(TokenRequest(name="a", expires_at="2020-01-01T00:00:00Z"))
    assert store.check(text) is None
    store.change(token.id, TokenChange(expires_at="2999-01-01T00:00:00+02:00"))
    assert checked(store, text).expires_at == "2998-12-31T22:00:00.000Z"
    store.change(token.id, TokenChange(never_expires=True))
    assert checked(store, text).expires_at is None


def test_a_time_that_is_none_is_refused(file: Path) -> None:
    with pytest.raises(RequestError, match="not a time"):
        TokenStore(file).create(TokenRequest(name="a", expires_at="soon"))
    assert not file.exists()


def test_unknown_tokens_are_not_found(file: Path) -> None:
    with pytest.raises(NotFoundError):
        TokenStore(file).revoke("tok_0")
    with pytest.raises(NotFoundError):
        TokenStore(file).change("tok_0", TokenChange(name="x"))


@pytest.mark.parametrize("content", ["{", "{}x", json.dumps([{"id": 1}]), json.dumps([1])])
def test_a_file_that_can_not_be_read_is_kept_and_opens_nothing(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    store = TokenStore(file)
    assert store.all() == []
    store.create(TokenRequest(name="new"))
    [aside] = file.parent.glob("tokens.json.broken-*")
    assert aside.read_text() == content


def test_what_can_not_be_saved_is_not_changed(file: Path) -> None:
    store = TokenStore(file)
    _, text = store.create(TokenRequest(name="a"))
    file.with_name("tokens.json.new").mkdir()
    with pytest.raises(StorageError, match="nothing was changed"):
        store.create(TokenRequest(name="b"))
    assert [token.name for token in store.all()] == ["a"]
    assert store.check(text)
