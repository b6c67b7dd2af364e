"""What a server of ours found damaged is heard of in the window, once."""

from PySide6.QtCore import QObject

from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.paths import app_paths
from tests.stands.waiting import until


async def test_a_person_hears_of_a_damaged_file(qapp: QObject) -> None:
    assert qapp
    file = app_paths().config / "server.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    errors: list[BaseException] = []
    connection = Connection(app_paths(), errors.append)
    connection.open()
    await until(lambda: isinstance(connection.state, Ready))
    await until(lambda: errors, "the notice")
    assert "server.json is damaged" in str(errors[0])
    assert "authentication is on" in str(errors[0])
    await connection.aclose()
    assert len(errors) == 1
