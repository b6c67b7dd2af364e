"""What the server found damaged is said in the terminal."""

import shutil

from tests.cli.conftest import Shell


def test_a_damaged_file_is_told_of_at_start_and_by_status(shell: Shell) -> None:
    (shell.paths.config / "server.json").write_text('{"port": 0, "require_authentication": "who knows"}')
    for told in (shell.run_process("server", "start").stderr, shell.run("server", "status").stderr):
        assert "require_authentication can't be used" in told
        assert "Authentication is on." in told


def test_a_server_is_stopped_whose_files_were_deleted(shell: Shell) -> None:
    facts = shell.start_server()
    (shell.paths.runtime / "server.json").unlink()
    assert shell.json("server", "status") == facts
    assert shell.run("server", "stop").stdout == "Stopped.\n"
    shutil.rmtree(shell.paths.runtime)
    assert shell.run("server", "stop").stdout == "No server was running.\n"
