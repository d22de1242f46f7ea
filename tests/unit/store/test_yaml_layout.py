from __future__ import annotations

import pytest

from promptctl.store.yaml_layout import laid_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a:\n- b\n-   c\n", "a:\n  - b\n  - c\n", id="lists stand below their key"),
        pytest.param("a:\n    b:\n        c: 1\n", "a:\n  b:\n    c: 1\n", id="two columns a level"),
        pytest.param("- - 1\n  -   - 2\n", "- - 1\n  - - 2\n", id="lists of lists"),
        pytest.param("-\n    a: 1\n", "-\n  a: 1\n", id="a dash on its own line"),
        pytest.param("  a: 1\n  b: 2\n", "a: 1\nb: 2\n", id="the top begins in the first column"),
        pytest.param(
            "a:   1\nb : 2\n\nc:\t3\n", "a: 1\nb: 2\n\nc: 3\n", id="one space after a colon, none before"
        ),
        pytest.param("a:   1\nbbb: 2\n", "a:   1\nbbb: 2\n", id="values that line up stay so"),
        pytest.param("a:     1\nbbb:   2\n", "a:   1\nbbb: 2\n", id="and move left together"),
        pytest.param("a: { x : 1,y: [ 1,2 ] }\n", "a: {x: 1, y: [1, 2]}\n", id="spaces in brackets"),
        pytest.param("a: {x: , y: }\n", "a: {x: , y: }\n", id="nothing after a colon in brackets"),
        pytest.param("a: {x: 1,\n  y: 2}\n", "a: {x: 1,\n    y: 2}\n", id="below the first item"),
        pytest.param("a: [\n1,\n    2\n  ]\n", "a: [\n  1,\n  2\n]\n", id="a bracket at the end of a line"),
        pytest.param("- {a: [\n1]}\n", "- {a: [\n    1]}\n", id="brackets in a list"),
        pytest.param("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n", id="one blank line at most"),
        pytest.param("a: 1  \nb:\t2", "a: 1\nb: 2\n", id="no space at line ends, one line end"),
        pytest.param("a: |\n      x\n        y\n", "a: |\n  x\n    y\n", id="literal text moves as a whole"),
        pytest.param("a: |\n  x  \n\n\n  y\n\n\n", "a: |\n  x  \n\n\n  y\n", id="all of it is content"),
        pytest.param("a: |+\n    x\n\n\n", "a: |+\n  x\n\n\n", id="kept line ends are content"),
        pytest.param("a:\n- |2\n   x\n", "a:\n  - |2\n     x\n", id="an indicator counts from the block"),
        pytest.param("a: |\n   x", "a: |\n  x", id="literal text without a line end"),
        pytest.param("a: b\n     c\n", "a: b\n  c\n", id="text goes on two columns in"),
        pytest.param("a: 'b\n\n\n      c'\n", "a: 'b\n\n\n  c'\n", id="blank lines in quotes are content"),
        pytest.param('a: "b\\ \n c"\n', 'a: "b\\ \n  c"\n', id="an escaped space at a line end stays"),
        pytest.param("---\na: 1\n...\n", "---\na: 1\n...\n", id="document marks"),
        pytest.param("? a\n: b\n", "? a\n: b\n", id="question marks"),
        pytest.param("\n", "", id="nothing"),
        pytest.param("# only\n\n", "# only\n", id="only a comment"),
    ],
)
def test_layout(before: str, after: str) -> None:
    assert laid_out(before) == after
    assert laid_out(after) == after


@pytest.mark.parametrize(
    "scalar",
    ["'1.10'", '"1.10"', "1.10", "0x1F", "1e3", "~", '"\\u00e9"', "'it''s'", '"#"', "x#y", "+1", "x" * 300],
)
def test_scalars_are_not_respelled(scalar: str) -> None:
    assert laid_out(f"a:   {scalar}\n") == f"a: {scalar}\n"


COMMENTED = """\
# top

a: 1      # in a column
bb: 22    # of their own
c:  # of a block
    # above an entry
    - x

    # between
    - {y: 1,  # in brackets
       z: 2}
        # deeper than all
  # of the block
d: |  # of literal text
    # text
# of the top
e:
    # of the value
    long text
# end
"""
COMMENTED_AFTER = """\
# top

a: 1      # in a column
bb: 22    # of their own
c:  # of a block
  # above an entry
  - x

  # between
  - {y: 1,  # in brackets
     z: 2}
  # deeper than all
# of the block
d: |  # of literal text
  # text
# of the top
e:
  # of the value
  long text
# end
"""


def test_comments_keep_their_text_and_belong_where_they_belonged() -> None:
    assert laid_out(COMMENTED) == COMMENTED_AFTER
    assert laid_out(COMMENTED_AFTER) == COMMENTED_AFTER
