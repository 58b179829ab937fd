"""The text of a filter: text → tree → text, and the tree of a printed tree is the same tree.

    filter     = all { "or" all }
    all        = one { [ "and" ] one }
    one        = "not" one | "-" one | "(" filter ")" | '"' exact words '"' | field ":" items | word | number
    number     = words in a row that are the groups of one phone number
    items      = item { "," item }
    item       = value | ("<" | "<=" | ">" | ">=") value | [ value ] ".." [ value ]
    field      = name { "." name } | ("field." | "x.") (name | '"' text '"')
    value      = '"' text, with quotes doubled '"' | characters other than blanks, brackets, quotes and commas

Outside quotes full-width punctuation is read as its ASCII twin (and `、` as a comma). Reading takes time linear in
the text; depth, terms and values are bounded. The empty text is the filter that everything passes.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby, pairwise

from crm_tui.domain.errors import UsageError
from crm_tui.domain.expressions import expression
from crm_tui.domain.filters.fields import OWN, Field, find, is_name, own_name, written
from crm_tui.domain.filters.nodes import EVERYTHING, And, FilterContext, Node, Not, Operator, Or, Term, Words
from crm_tui.domain.filters.readers import Item, Piece, Reading, quote
from crm_tui.domain.filters.search import are_digits, dialled_row
from crm_tui.domain.language import _
from crm_tui.domain.text import ascii_twin

MAX_DEPTH = 50
MAX_TERMS = 100
MAX_VALUES = 1_000

_COMPARISONS = ("<=", ">=", "<", ">")
_GROUP = expression("[+-]?[0-9]{1,3}")
_THOUSANDS = expression("(?:,[0-9]{3}(?![0-9]))+")
_UNITS = ((10**6, "m"), (10**3, "k"))
_KEYWORDS = ("or", "and", "not")


def parse(text: str, context: FilterContext) -> Node:
    """The tree of a filter, with all values absolute at `context.now`.

    Raises UsageError, whose position is the character of `text` at fault, for any text that is no filter.
    """
    return _Parser(text, context).whole()


def twin(text: str) -> str:
    """The text as it is read outside quotes, character for character."""
    return ascii_twin(text.replace("、", ","))


def to_text(node: Node) -> str:
    """The filter as one would type it: reading it at the same moment gives the same tree."""
    if isinstance(node, Term):
        return f"{written(node.field)}:{node.typed}"
    if isinstance(node, Words):
        return quote(node.text) if node.exact else node.text
    if isinstance(node, Not):
        return "-" + _bracketed(node.part, And | Or)
    if isinstance(node, And):
        texts = [_bracketed(node.parts[0], And | Or)] if node.parts else []
        for before, part in pairwise(node.parts):
            texts += ["and"] * (_ends_in_digits(before) and _ends_in_digits(part)) + [_bracketed(part, And | Or)]
        return " ".join(texts)
    return " or ".join(_bracketed(part, Or) for part in node.parts)


def _bracketed(node: Node, kinds: type | object) -> str:
    text = to_text(node)
    return f"({text})" if isinstance(node, kinds) else text  # type: ignore[arg-type]


def _ends_in_digits(node: Node) -> bool:
    """Whether the words, negated or not, would be read as one phone number with others beside them."""
    while isinstance(node, Not):
        node = node.part
    return isinstance(node, Words) and not node.exact and are_digits(node.text)


class _Parser:
    """One reading: `text` as typed, `read` as its ASCII twin of the same length, and the place reached."""

    def __init__(self, text: str, context: FilterContext) -> None:
        self.text = text
        self.read = twin(text)
        self.context = context
        self.place = 0
        self.depth = 0
        self.terms = 0
        self.values = 0
        self.separate = 0
        """Up to here groups of digits are words of their own."""

    def whole(self) -> Node:
        for place, character in enumerate(self.text):
            if unicodedata.category(character) in ("Cc", "Cs") and not character.isspace():
                raise self.wrong(_("this character cannot be searched for: leave it out"), place)
        if self.at_end():
            return EVERYTHING
        node = self.any_of()
        if not self.at_end():
            raise self.wrong(_("this bracket closes nothing"), self.place)
        return node

    def any_of(self) -> Node:
        parts = [self.all_of()]
        while self.keyword("or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self) -> Node:
        parts = [self.one()]
        while not self.at_end() and self.read[self.place] != ")":
            if self.peek() == "or":
                break
            self.keyword("and")
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Node:
        if self.at_end():
            raise self.wrong(_("a term is missing here"), self.place)
        start, character = self.place, self.read[self.place]
        if character == "-" or self.peek() == "not":
            self.place += 1 if character == "-" else len("not")
            if character == "-" and self.read[self.place : self.place + 1].strip() in ("", ")"):
                raise self.wrong(_("nothing follows the minus: write it before a term"), start)
            return Not(self.deeper(start))
        if character == "(":
            self.place += 1
            return self.deeper(start, brackets=True)
        if character == ")" or self.peek() in _KEYWORDS:
            raise self.wrong(_("a term is missing here"), start)
        return self.leaf()

    def deeper(self, start: int, brackets: bool = False) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong(_("brackets and negations are more than %d deep") % MAX_DEPTH, start)
        node = self.any_of() if brackets else self.one()
        if brackets:
            if self.at_end():
                raise self.wrong(_("this bracket is not closed"), start)
            self.place += 1
        self.depth -= 1
        return node

    def leaf(self) -> Node:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.wrong(_("the filter has more than %d terms") % MAX_TERMS, self.place)
        if self.read[self.place] == '"':
            words = self.quoted()
            if not words.text.strip():
                raise self.wrong(_("there is nothing to look for in these quotes"), words.position)
            return Words(words.text, exact=True)
        start = self.place
        run = self.read[start : self.run_end(start)]
        if own_name(run) == "" and self.read.startswith('"', start + len(run)):
            return self.term(self.own_field(start, len(run)))
        name, colon, _value = run.partition(":")
        if colon and is_name(name):
            field = find(name, start, self.text)
            self.place = start + len(name) + 1
            return self.term(field)
        if row := dialled_row(self.read, start) if start >= self.separate else None:
            self.separate = row[0]
            if row[1]:
                self.place = row[0]
                return Words(row[1])
        self.place = start + len(run)
        if not any(character.isalnum() for character in run):
            raise self.wrong(_("there is no letter or digit to look for: put it in quotes"), start)
        return Words(run)

    def own_field(self, start: int, length: int) -> Field:
        """The field of one's own whose name stands in quotes, which are this long a beginning away; its colon too."""
        self.place += length
        name = self.quoted()
        if not self.skip(":"):
            raise self.wrong(_("a colon is missing after the name of the field"), self.place)
        return find(OWN + name.text, start, self.text)

    def term(self, field: Field) -> Node:
        """The items after the colon, as one term for each operator among them."""
        read: list[tuple[Reading, str]] = []
        while True:
            item, typed = self.item(field)
            self.thousands(field, item)
            self.values += 1
            if self.values > MAX_VALUES:
                raise self.wrong(_("the filter has more than %d values") % MAX_VALUES, self.place)
            try:
                read.append((field.read(item, self.context), typed))
            except UsageError as error:
                raise self.wrong(str(error), item.position + (error.position or 0)) from error
            if not self.skip(","):
                break
        order = list(Operator)
        read.sort(key=lambda one: order.index(one[0][0]))
        parts = tuple(
            _term(field, operator, list(group)) for operator, group in groupby(read, key=lambda one: one[0][0])
        )
        return parts[0] if len(parts) == 1 else Or(parts)

    def thousands(self, field: Field, item: Item) -> None:
        """Refuse the comma of `>1,000,000`: what follows would be another value."""
        last = item.high if item.ranged else item.low
        found = _THOUSANDS.match(self.read, self.place)
        if not found or last is None or last.quoted or not field.numeric or not _GROUP.fullmatch(last.text):
            return
        if item.operator or item.ranged or found[0].startswith(",0"):
            amount = int(last.text + found[0].replace(",", ""))
            short = next((f"{amount // size}{unit}" for size, unit in _UNITS if amount and not amount % size), "")
            problem = _("write %(number)d or %(short)s") if short else _("write %(number)d, without commas")
            raise self.wrong(problem % {"number": amount, "short": short}, self.place)

    def item(self, field: Field) -> tuple[Item, str]:
        """The next item and its text as the printer gives it back."""
        start = self.place
        operator = next((sign for sign in _COMPARISONS if self.read.startswith(sign, start)), "")
        if operator and not field.ordered:
            values = {"field": field.name, "sign": operator}
            raise self.wrong(_('%(field)s knows no "%(sign)s": name the values') % values, start)
        self.place += len(operator)
        ranged = field.ordered and not operator and self.skip("..")
        low = None if ranged else self.piece(field)
        high = None
        if ranged or (field.ordered and not operator and self.skip("..")):
            open_end = low is not None and self.read[self.place : self.place + 1].strip() in ("", ",", ")")
            high = None if open_end else self.piece(field)
            ranged = True
        if field.ordered and self.read.startswith("..", self.place):
            raise self.wrong(_("a range is low..high, without a comparison"), self.place)
        ends = [_typed(piece) for piece in (low, high)]
        return Item(operator, low, high, ranged), operator + ("..".join(ends) if ranged else ends[0])

    def piece(self, field: Field) -> Piece:
        if self.read.startswith('"', self.place):
            return self.quoted()
        start = self.place
        end = self.run_end(start, ",")
        if field.ordered:
            dots = self.read.find("..", start, end)
            end = dots if dots >= 0 else end
        if start == end:
            before = self.read[:start].split(" ")[-1]
            raise self.wrong(_("a value is missing after %s") % before[-20:], start)
        self.place = end
        return Piece(self.read[start:end], False, start)

    def quoted(self) -> Piece:
        """The text in quotes. Those of an input method may close with any quote, plain ones with a plain one."""
        start = self.place
        closing = self.text if self.text[start] == '"' else self.read
        parts: list[str] = []
        place = start + 1
        while True:
            end = closing.find('"', place)
            if end < 0:
                raise self.wrong(_("the quotes are not closed"), start)
            parts.append(self.text[place:end])
            if not closing.startswith('"', end + 1):
                self.place = end + 1
                return Piece('"'.join(parts), True, start + 1)
            place = end + 2

    def run_end(self, start: int, also: str = "") -> int:
        """Where the run of characters from `start` on ends: at a blank, a bracket, quotes, or one of `also`."""
        end = start
        while end < len(self.read) and not (self.read[end].isspace() or self.read[end] in '()"' + also):
            end += 1
        return end

    def peek(self) -> str:
        """The keyword at this place, "" if there is none."""
        for word in _KEYWORDS:
            end = self.place + len(word)
            if self.read[self.place : end].lower() == word and self.run_end(self.place) == end:
                return word
        return ""

    def keyword(self, word: str) -> bool:
        """Pass over the keyword if it comes next."""
        found = not self.at_end() and self.peek() == word
        self.place += len(word) * found
        return found

    def skip(self, sign: str) -> bool:
        found = self.read.startswith(sign, self.place)
        self.place += len(sign) * found
        return found

    def at_end(self) -> bool:
        """Whether nothing but blanks is left; passes over blanks."""
        while self.place < len(self.read) and self.read[self.place].isspace():
            self.place += 1
        return self.place == len(self.read)

    def wrong(self, problem: str, position: int) -> UsageError:
        return UsageError(problem, self.text, min(position, len(self.text)))


def _typed(piece: Piece | None) -> str:
    if piece is None:
        return ""
    return quote(piece.text) if piece.quoted else piece.text


def _term(field: Field, operator: Operator, read: list[tuple[Reading, str]]) -> Term:
    values = () if operator is Operator.PRESENT else tuple(dict.fromkeys(value for (_operator, value), _typed in read))
    return Term(field.name, operator, values, ",".join(typed for _reading, typed in read))
