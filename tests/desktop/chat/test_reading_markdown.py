"""What models write becomes what they mean: formulas, emphasis, code in lists, tables, tags, footnotes, addresses."""

import re
import time

import pytest

from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.chat.transcript.pieces import Piece, Splitter
from studiolo.desktop.markup.addresses import _mails
from studiolo.desktop.markup.drawing import draw_formula
from studiolo.desktop.markup.formula_rules import FORMULAS, formula_of
from studiolo.desktop.markup.parser import markdown_parser
from studiolo.desktop.widgets.theme import LIGHT


def html(source: str) -> str:
    return Writer(LIGHT).html(source)


def formulas(source: str) -> list[tuple[str, bool]]:
    tokens = [one for token in markdown_parser().parse(source) for one in (token, *(token.children or ()))]
    found = [formula_of(token) for token in tokens if token.type in FORMULAS]
    return [(re.sub(r"\s+", " ", one.latex), one.block) for one in found]


def bold(source: str) -> list[str]:
    return re.findall(r"<strong>(.*?)</strong>", html(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("It is:\n\\[\nx = 1\n\\]\nas we see.", [("x = 1", True)]),
        ("It is:\n$$\nx = 1\n$$\nas we see.", [("x = 1", True)]),
        ("1. It is\n   \\[\n   x = 1\n   \\]\n   so.\n2. End", [("x = 1", True)]),
        ("> It is \\( x \\)\n> \\[ y\n> = 1 \\]", [("x", False), ("y = 1", True)]),
        ("- so \\[ x = 2 \\] it is", [("x = 2", False)]),
        ("\\[ x \\] (3)", [(r"x \tag{3}", True)]),
        ("As\n\\begin{align}\na &= b\n\\end{align}\nsays", [(r"\begin{align} a &= b \end{align}", True)]),
        ("> \\[ x\n\n\\]", []),
        ("- \\[ x\n\\]", []),
        ("A list\\[0\\] and \\[a note\\](there)", []),
        ("\\begin{tabular} a \\end{tabular}", []),
        ("Set $HOME, then `$PATH` and `$x$`.", []),
        ("`\\(x\\)` and ``\\[ y = ` \\]``", []),
        ("$x$ and `y$`", [("x", False)]),
        ("from $5 to $10, or US$20", []),
        ("| a | b |\n|---|---|\n| $|x|$ | `a || b` |", [("|x|", False)]),
    ],
)
def test_formulas_are_found_where_they_stand(source: str, expected: list[tuple[str, bool]]) -> None:
    assert formulas(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("这是**“一”**和**“二”**。", ["“一”", "“二”"]),
        ("これは**「強い」**です。", ["「強い」"]),
        ("**程序（软件）**的, **注意：**请看", ["程序（软件）", "注意："]),
        ("**50%**的人", ["50%"]),
        ("이것은 **파일(file)**입니다", ["파일(file)"]),
        ("漢\U000e0100**“字”**漢", ["“字”"]),
        ('2**3**4 and a **"word"** here', ["3", "&quot;word&quot;"]),
        ("a**(b)**c and snake_case_name", []),
    ],
)
def test_emphasis_holds_beside_scripts_without_spaces(source: str, expected: list[str]) -> None:
    assert bold(source) == expected
    assert "<em>" not in html("字_字_字 snake_case_name")


NESTED = """1. First

   ```python
   one = 1

   two = 2
   ```
2. Then
   - deeper:
     ~~~
     code
     ~~~
   and on
3. Done

> Said:
> ```js
> x
> ```
"""


def test_code_in_lists_and_quotations_is_code() -> None:
    pieces = Splitter().pieces(NESTED, whole=True)
    assert pieces == [
        Piece("text", "1. First"),
        Piece("code", "one = 1\n\ntwo = 2", "python", inset=1),
        Piece("text", "2. Then"),
        Piece("text", "- deeper:", inset=1),
        Piece("code", "code", inset=2),
        Piece("text", "and on", inset=1),
        Piece("text", "3. Done\n\n> Said:"),
        Piece("code", "x", "js", inset=1),
    ]
    assert pieces[1].written == "   ```python\n   one = 1\n\n   two = 2\n   ```"
    assert '<ol start="3">' in html(pieces[6].source)


@pytest.mark.parametrize(
    "text",
    [
        NESTED,
        "Text\n\n$$\n\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix} x\n$$\n\nEnd.\n",
        "\\[\n\nx\n\n\\]\n\nEnd.\n",
        "1. A\n   \\[\n   x\n   \\]\n2. B\n3. C\n",
        "Text\n\n```bash title\nls\n```\n\nEnd.\n",
    ],
)
def test_what_grows_letter_by_letter_ends_as_if_it_had_come_at_once(text: str) -> None:
    splitter = Splitter()
    for end in range(len(text)):
        splitter.pieces(text[:end], whole=False)
    assert splitter.pieces(text, whole=True) == Splitter().pieces(text, whole=True)


def test_a_long_code_in_a_list_grows_without_being_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    splitter = Splitter()
    text = "1. Do:\n   ```python\n" + "   value = 1\n" * 2_000
    splitter.pieces(text, whole=False)
    read: list[str] = []

    def noted(text: str) -> list[object]:
        read.append(text)
        return []

    monkeypatch.setattr(splitter, "_blocks", noted)
    pieces = splitter.pieces(text + "   last = 2\n", whole=False)
    assert not read
    assert pieces[-1].source.endswith("value = 1\nlast = 2")
    assert (pieces[-1].language, pieces[-1].inset, pieces[-1].whole) == ("python", 1, False)


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}^T",
        r"\begin{aligned}[t] a &= b \\ c &= d \end{aligned}",
        r"\begin{dcases} 1 & x \\ 2 & y \end{dcases}",
        r"\begin{alignedat}{2} a &= b \\ c &= d \end{alignedat}",
        r"\begin{align} a &= b \label{one} \\ c &= d \nonumber \end{align}",
        r"\begin{gather} a \\ b \end{gather}",
        r"\text{if $x$ < 50\%}",
        r"\ce{2H2 + O2 -> 2H2O}",
        r"\ce{SO4^2- + Na+ <=>[heat] A}",
        r"\ce{CuSO4*5H2O}",
        r"\pu{1.2e-3 kJ/mol}",
    ],
)
def test_dialects_of_latex_are_drawn(latex: str) -> None:
    assert draw_formula(latex, 16.0, "#000000", block=True)


@pytest.mark.parametrize(
    "latex",
    [
        r"\eqref{one}",
        r"\unknown{x}",
        r"\begin{tikzpicture} x \end{tikzpicture}",
        r"\ce{$$}",
        r"\frac{1}{2",
        r"x}",
        r"\begin{matrix} a \end{pmatrix}",
        r"\intertext{and}",
    ],
)
def test_what_is_not_understood_is_not_drawn_as_something_else(latex: str) -> None:
    assert draw_formula(latex, 16.0, "#000000", block=True) is None


def test_lines_are_below_each_other_and_labels_take_no_room() -> None:
    def size(latex: str) -> tuple[float, float]:
        drawing = draw_formula(latex, 16.0, "#000000", block=True)
        assert drawing
        return round(drawing.width), round(drawing.above + drawing.below)

    assert size(r"E = mc^2 \label{energy} \notag") == size("E = mc^2")
    assert size(r"\begin{gather} a \\ b \end{gather}")[1] > 1.8 * size("b")[1]
    assert size(r"a \\ b")[1] > 1.8 * size("b")[1]


def test_a_few_tags_are_read_and_no_other() -> None:
    assert "one<br />" in html("one<br>two").replace("<br>", "<br />")
    assert "H<sub>2</sub>O" in html("H<sub>2</sub>O")
    assert "Ctrl</code>" in html("<kbd>Ctrl</kbd>")
    assert html("<details>\n<summary>More</summary>\n\nInside\n\n</details>").count("details") == 0
    assert bold("<details><summary>More</summary>\n\nInside\n\n</details>") == ["More"]
    assert "&lt;sub&gt;" in html("an open <sub> alone")
    assert "&lt;/b&gt;" in html("**a <b> b** c </b>")
    assert '&lt;b onclick="x"'.replace('"', "&quot;") in html('<b onclick="x">a</b>')
    assert "<style" not in html("<style>p { color: red }</style>")


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("see https://example.org/a_b_c?x=1&y=2, there", "https://example.org/a_b_c?x=1&amp;y=2"),
        ("(https://example.org/w_(x)).", "https://example.org/w_(x)"),
        ("见https://example.org/a。好", "https://example.org/a"),
        ("or **www.example.org**.", "http://www.example.org"),
        ("write to jo.ann+x@mail.example.org.", "mailto:jo.ann+x@mail.example.org"),
        ("请写信给jo_ann_b@example.org，谢谢", "mailto:jo_ann_b@example.org"),
        ("<jo@example.org>", "mailto:jo@example.org"),
        ("mailto:jo@example.org", "mailto:jo@example.org"),
    ],
)
def test_bare_addresses_are_links(source: str, address: str) -> None:
    assert re.findall('href="(.*?)"', html(source)) == [address]


@pytest.mark.parametrize(
    "source",
    [
        *("`https://example.org`", "javascript://x.org", "xhttp://a.org", "http://", "www."),
        *(
            "`jo@example.org`",
            "react@18.2.0",
            "icon@2x.png",
            "@jo@example.org",
            "jo@example",
            "a" * 70 + "@example.org",
        ),
    ],
)
def test_what_is_no_address_is_no_link(source: str) -> None:
    assert "href" not in html(source)
    assert html("[https://a.org](https://b.org)").count("href") == 1


def test_footnotes_tasks_and_tables_are_what_they_mean() -> None:
    noted = html("Told[^1] and[^why].\n\n[^1]: First.\n[^why]: Since.")
    assert noted.count("<sup>1</sup>") == noted.count("<sup>why</sup>") == 2
    assert "[^a-z]" in html("the class [^a-z] here")
    assert html("- [ ] a\n- b").count("list-style-type: none") == 1
    mirrored = html("| أ | ب |\n|---|---|\n| 1 | 2 |")
    assert mirrored.index("ب") < mirrored.index("أ")
    assert mirrored.index("2") < mirrored.index("1</td>")
    assert "x || y" in html("| a | b |\n|---|---|\n| `x || y` | 2 |")


def test_what_is_defined_elsewhere_in_a_message_is_known() -> None:
    splitter = Splitter()
    code = "```\n\n```\n\n"
    text = f"A [word][w] and a note[^n].\n\n{code}[w]: https://example.org\n\n[^n]: Noted.\n"
    pieces = splitter.pieces(text, whole=True)
    told = Writer(LIGHT).html(pieces[0].source, known=splitter.definitions)
    assert 'href="https://example.org"' in told
    assert "<sup>n</sup>" in told


@pytest.mark.parametrize("source", ["a" * 1_000_000 + "@", "a@" * 300_000, "a@" + "b." * 300_000, "a.b@c-" * 100_000])
def test_what_only_begins_like_an_address_of_mail_is_read_once(source: str) -> None:
    began = time.process_time()
    list(_mails(source))
    assert time.process_time() - began < 1
