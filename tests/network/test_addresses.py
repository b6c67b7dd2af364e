import pytest

from studiolo.network.addresses import is_excepted, is_exception, is_loopback_host


@pytest.mark.parametrize(
    ("host", "exceptions", "excepted"),
    [
        ("example.com", ["example.com"], True),
        ("EXAMPLE.com.", ["example.com"], True),
        ("hub.example.com", ["example.com"], True),
        ("hub.example.com", [".example.com"], True),
        ("hub.example.com", ["*.example.com"], True),
        ("badexample.com", ["example.com"], False),
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("11.1.2.3", ["10.0.0.0/8"], False),
        ("fd00::7", ["fd00::/8"], True),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("10.1.2.3", ["10.1.2.3"], True),
        ("[fd00::7]", ["fd00::7"], True),
        ("example.com", ["*"], True),
        ("example.com", ["", "10.0.0.0/8", "com.example"], False),
    ],
)
def test_exceptions_mean_hosts(host: str, exceptions: list[str], excepted: bool) -> None:
    assert is_excepted(host, exceptions) is excepted


@pytest.mark.parametrize("text", ["example.com", "*.example.com", ".lan", "10.0.0.0/8", "fd00::/8", "::1", "*", "box"])
def test_what_can_be_an_exception(text: str) -> None:
    assert is_exception(text)


@pytest.mark.parametrize("text", ["", "a b", "http://x", "10.0.0.0/99", "x/8", "*."])
def test_what_can_not(text: str) -> None:
    assert not is_exception(text)


def test_this_machine_is_known_by_its_names() -> None:
    assert all(
        map(is_loopback_host, ("localhost", "a.localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "LOCALHOST."))
    )
    assert not any(map(is_loopback_host, ("192.0.2.2", "localhost.example", "fe80::1", "")))
