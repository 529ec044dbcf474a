"""Text from files must reach a map as text, whatever it holds."""

import html
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.encode import Encoded, decode, encode, encode_lines, is_encoded

HOSTILE = ("${alert(1)}", "`", "</script><script>alert(1)</script>", "\"'", "\\u0060", "{{7*7}}")


def test_letters_digits_and_common_marks_stay_as_they_are():
    assert encode("阳光小区 3-2 (东), Block_4.") == "阳光小区 3-2 (东), Block_4."


def test_a_dollar_brace_becomes_entities():
    assert encode("${a}`") == "&#36;&#123;a&#125;&#96;"


def test_none_is_the_empty_text_and_numbers_are_written():
    assert encode(None) == ""
    assert encode(12.5) == "12.5"


def test_encoding_twice_is_encoding_once():
    once = encode("<b>")
    assert encode(once) is once


def test_lines_are_joined_by_an_encoded_newline_and_empty_ones_left_out():
    assert encode_lines(["甲村", None, "", "5 星"]) == "甲村&#10;5 星"
    assert isinstance(encode_lines([]), Encoded)


def test_direction_overrides_and_controls_become_the_replacement_character():
    assert decode(encode("a\u202eb\x00c\x7f")) == "a\ufffdb\ufffdc\ufffd"


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert decode(encode("a\ud800")) == "a\ufffd"


def test_tab_and_newline_survive():
    assert decode(encode("a\tb\nc")) == "a\tb\nc"


def test_plain_text_of_the_alphabet_counts_as_encoded_and_markup_does_not():
    assert is_encoded("甲村 (1)")
    assert not is_encoded("<i>")
    assert not is_encoded("a&b")
    assert not is_encoded("&#x41;")
    assert not is_encoded(7)


@given(st.text())
@example("".join(HOSTILE))
def test_nothing_with_a_meaning_in_html_or_javascript_is_left(text):
    made = encode(text)
    assert not set("<>\"'`$\\{}[]/=+*!|^~%@?:\n\r\u2028\u2029") & set(made)
    assert is_encoded(str.__str__(made))


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf"))))
def test_a_browser_reads_back_what_was_in_the_file(text):
    assert html.unescape(encode(text)) == text
    assert decode(encode(text)) == text


@given(st.characters())
def test_only_letters_numbers_and_the_listed_marks_are_kept(character):
    if encode(character) == character:
        assert character in " -_,.()" or unicodedata.category(character)[0] in "LN"
