import io
import sys

import pytest

from studiolo.cli.output import confirmed, print_table, printable, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (98_100_000, "98.1 MB"),
        (125_000_000, "125 MB"),
        (4_683_000_000, "4.68 GB"),
        (70_000_000_000, "70 GB"),
        (1_200_000_000_000, "1.2 TB"),
    ],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[2Jb\rc\x07\x9bd\n\te✓") == "a[2Jbc" + "d\n\te✓"


def test_a_piped_table_has_one_whole_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    name = "publisher/" + "long-name-" * 30
    print_table(["MODEL", "SIZE"], [[name, "1 GB"], ["[bold]x[/bold]", "2 GB"]])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].split() == [name, "1", "GB"]
    assert lines[2].startswith("[bold]x[/bold] ")


@pytest.mark.parametrize("name", ["a[/]", "a[red]b", "[bold]", "[link=https://far.example]x[/link]"])
def test_a_name_in_a_question_is_shown_as_it_is(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert confirmed(f"Add {name}?")
    said = capsys.readouterr()
    assert f"Add {name}?" in said.err + said.out
