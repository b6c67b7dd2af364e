"""Whole replies as models write them, and what a person reads of them; the pictures of these were looked at."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QTextBlock
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.markdown_run import MarkdownText
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from tests.stands.waiting import until

FORMULA, IMAGE = "¤", "\ufffc"


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(820, 2000)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def fields_of(view: TranscriptView, text: str) -> list[QTextEdit | QPlainTextEdit]:
    """What shows a reply, once its formulas are drawn."""
    reply = Reply([TextPart(text)])
    view.set_messages([reply])
    await until(lambda: view.settled)
    await until(lambda: not any(one._awaited for one in view.viewport().findChildren(MarkdownText)), "the formulas")
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    return row.said()


async def read_by_a_person(view: TranscriptView, text: str) -> str:
    """Each line as it is shown: code below its language and how far it is set in, formulas as one sign."""
    lines = []
    for field in await fields_of(view, text):
        block = field.parentWidget()
        if isinstance(block, CodeBlock):
            lines.append(f"[{block.language.text()} {block.piece.inset}]")
        lines += field.toPlainText().replace(IMAGE, FORMULA).split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip())


BRACKETS = r"""The area of the circle is:
\[
A = \pi r^2
\]
where \(r\) is the radius.

1. **Factor** the equation:
   \[
   (x-2)(x-3) = 0
   \]
2. **Solve** it: \[ x = 2 \quad\text{or}\quad x = 3 \]

$$
\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}^T
$$

> Quoted: \[ y = mx + b \]

\begin{align}
f(x) &= x^2 \\
g(x) &= 2x
\end{align}

Chemistry: $\ce{2H2 + O2 -> 2H2O}$ and \(\ce{H2SO4}\).
$$ E = mc^2 $$ (1)
Multi-line inline \( a +
b \) here."""
BRACKETS_READ = """The area of the circle is:
¤
where ¤ is the radius.
Factor the equation:
¤
Solve it: ¤
¤
Quoted: ¤
¤
Chemistry: ¤ and ¤.
¤
Multi-line inline ¤ here."""

PRICES = """- It costs $5 and $10, or $1,500 vs. $990/mo; **$1.50** and **$4**; from $50-$100; US$20, CA$30.
- between $5k and $10k/month ($2 each), and $x$ is a variable. 20$ and 30$ too.
- env: $HOME and $PATH, `$x$` in code, then use `$PATH`."""
PRICES_READ = """It costs $5 and $10, or $1,500 vs. $990/mo; $1.50 and $4; from $50-$100; US$20, CA$30.
between $5k and $10k/month ($2 each), and ¤ is a variable. 20$ and 30$ too.
env: $HOME and $PATH, $x$ in code, then use $PATH."""

CODE = """1. Install it:
   ```bash
   pip install foo
   ```
2. Then write:

   ```python
   def f(x):
       return x
   ```
   - nested bullet
     ```js
     console.log(1)
     ```
     * third level with `code`
3. Done.

* item
    ```
    four-space indented fence
    ```

- [ ] todo
- [x] done

> Quoted:
> ```python title="main.py"
> x = 1
> ```

````markdown
```python
print(1)
```
````

```c++
unclosed"""
CODE_READ = """Install it:
[bash 1]
pip install foo
Then write:
[python 1]
def f(x):
    return x
nested bullet
[js 2]
console.log(1)
third level with code
Done.
item
[Code 1]
four-space indented fence
☐ todo
☑ done
Quoted:
[python 1]
x = 1
[markdown 0]
```python
print(1)
```
[c++ 0]
unclosed"""

TABLES = """| Op | Meaning | Example |
|:---|:---:|---:|
| `a \\| b` | bitwise or | `x || y` |
| `|` | pipe | 1<br>2 |
| ~~no~~ | a &amp; b | H<sub>2</sub>O |

<details>
<summary>Click me</summary>

Hidden **text** here.

</details>

Press <kbd>Ctrl</kbd>+<kbd>C</kbd>, <mark>hi</mark>, line<br>break.

&copy; 2024 &mdash; &lt;div&gt; <img src="x">

See www.example.org, me@example.org, a note[^1].

[^1]: The note."""
TABLES_READ = """Op
Meaning
Example
a | b
bitwise or
x || y
|
pipe
1
2
no
a & b
H2O
Click me
Hidden text here.
Press Ctrl+C, hi, line
break.
© 2024 — <div> <img src="x">
See www.example.org, me@example.org, a note1.
1 The note."""

SCRIPTS = """これは**「重要」**です。这是**“会引起”**错误的**“问题”**。

**注意：**请先备份。**Markdown（マークダウン）**は、**100%**の人。

مرحبا بك في **العالم** مع `code` و $x^2$.

- हिन्दी पाठ
- ไทย 👨‍👩‍👧‍👦 1️⃣"""
SCRIPTS_READ = """これは「重要」です。这是“会引起”错误的“问题”。
注意：请先备份。Markdown（マークダウン）は、100%の人。
مرحبا بك في العالم مع code و ¤.
हिन्दी पाठ
ไทย 👨‍👩‍👧‍👦 1️⃣"""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (BRACKETS, BRACKETS_READ),
        (PRICES, PRICES_READ),
        (CODE, CODE_READ),
        (TABLES, TABLES_READ),
        (SCRIPTS, SCRIPTS_READ),
    ],
    ids=["formulas", "prices", "code", "tables and tags", "scripts"],
)
async def test_a_reply_reads_as_it_was_meant(view: TranscriptView, text: str, read: str) -> None:
    assert await read_by_a_person(view, text) == read


@pytest.mark.parametrize(
    ("columns", "sides"),
    [("---|---", "right right"), (":---|:---", "left left"), ("---:|:---:", "right middle")],
    ids=["none", "left", "right and middle"],
)
async def test_cells_from_right_to_left_stand_at_the_side_that_is_theirs(
    view: TranscriptView, columns: str, sides: str
) -> None:
    """As in a browser: left is left whatever is written; where nothing is said, a table from the right begins there."""
    wide = "القيمة " * 4
    (field,) = await fields_of(view, f"| {wide} | {wide} |\n|{columns}|\n| أ | 1 |")
    assert isinstance(field, QTextEdit)
    field.document().size()
    blocks = [field.document().findBlockByNumber(number) for number in range(field.document().blockCount())]
    found = {block.text(): side_of(block) for block in blocks if block.text() in ("أ", "1")}
    assert f"{found['أ']} {found['1']}" == sides


def side_of(block: QTextBlock) -> str:
    line = block.layout().lineAt(0)
    text, room = line.naturalTextRect(), line.width()
    before, after = text.x(), room - text.right()
    return "middle" if abs(before - after) < 8 else "left" if before < after else "right"
