"""The fields of the filter language: one table, from which reading, comparing and completion come.

A field is a column of one of the tables that hold what is known of a customer. Where several rows belong to a customer
(contacts, interactions …) a term asks whether any of them has such a value, and two terms may mean different rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import readers, suggestions
from crm_tui.domain.filters.nodes import FilterContext
from crm_tui.domain.filters.readers import LONG, Choices, Reader, Suggestion, choices_of, one_of, or_none, or_word
from crm_tui.domain.filters.suggestions import Suggest
from crm_tui.domain.filters.values import Form
from crm_tui.domain.language import N_, _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.profile_fields import BUSINESS_ROLES, CHANNELS, CUSTOM, ROLES
from crm_tui.domain.profile_fields import FIELDS as PROFILE
from crm_tui.domain.profile_fields import Field as ProfileField
from crm_tui.domain.sales import RESULTS
from crm_tui.domain.text import ascii_twin, fold

TIER = "tier."
"""What stands before the name of a scheme, for the tier under that."""
SUGGEST = "suggest."
"""The same for what is proposed under that."""
OWN = "field."
"""What stands before the name of a field of one's own; `CUSTOM`, as elsewhere, does too."""

MASKED, SENSITIVE = "masked", "sensitive"


class Field(Struct, frozen=True):
    """A field: its name, what it is about, how an item of it is read, and what to offer for completion.

    `ordered` fields take comparisons and ranges. `table` and `column` say where it is kept, as `form` how it is
    compared; a field without a table is one that both twins know by name. `hidden`: from whom (DOMAIN §4 P15, §7):
    MASKED of customers in the pool, SENSITIVE besides from those without that right. `in_use`: the values that stand
    in the database are offered too.
    """

    name: str
    about: str
    read: Reader
    suggest: Suggest = suggestions.nothing
    ordered: bool = False
    table: str = ""
    column: str = ""
    form: Form = Form.STORED
    hidden: str = ""
    in_use: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its values may be numbers, in which one might write commas."""
        of_numbers = self.form in (Form.WHOLE, Form.MONEY) or self.name in _NUMBERS
        of_numbers = of_numbers or (self.table == "worth" and self.form is not Form.DAY)
        return self.ordered and (of_numbers or self.table == "own")


_NUMBERS = ("id", "since", "deal.amount")


_KINDS: Choices = {
    "organization": ("organization", ("组织型", "組織型", "组织", "組織", "company", "公司"), N_("organization")),
    "person": ("person", ("个人型", "個人型", "个人", "個人"), N_("person")),
}
_SUGGEST: Choices = {
    "up": ("up", (), N_("a better tier is proposed")), "down": ("down", (), N_("a worse tier is proposed")),
}  # fmt: skip
_YES_NO: Choices = {"yes": (True, (), N_("yes")), "no": (False, (), N_("no"))}
_ARCHIVED: Choices = {
    "yes": (True, (), N_("only archived")),
    "no": (False, (), N_("not archived")),
    "any": (None, (), N_("archived or not")),
}
THINGS: Choices = {
    name: (name, (), about)
    for name, about in (
        ("phone", N_("a phone number")),
        ("email", N_("a mail address")),
        ("wechat", N_("a WeChat id")),
        ("next", N_("a next follow-up")),
        ("owner", N_("an owner")),
        ("contact", N_("a contact")),
        ("tag", N_("a tag")),
        ("note", N_("a note")),
        ("tier", N_("a tier")),
        ("last", N_("a last contact")),
    )
}
"""What `has:` and `no:` ask about."""


def _field(name: str, about: str, read: Reader, suggest: Suggest, *, ordered: bool = False) -> Field:
    """One that may be empty and is known by its name."""
    return Field(name, about, or_none(read), suggest, ordered)


def _text(name: str, about: str, table: str, column: str = "", hidden: str = "") -> Field:
    read = or_none(readers.read_part)
    column = column or name.rpartition(".")[2]
    return Field(name, about, read, suggestions.presence, False, table, column, Form.TEXT, hidden)


def _choice(name: str, about: str, table: str, column: str, choices: Choices) -> Field:
    return Field(name, about, or_none(one_of(name, choices)), _words(choices), False, table, column)


def _words(choices: Choices) -> Suggest:
    def suggest(context: FilterContext) -> Iterable[Suggestion]:
        return [*suggestions.words(choices)(context), *suggestions.presence(context)]

    return suggest


def _user(name: str, about: str, table: str, column: str = "user_id") -> Field:
    return Field(name, about, or_none(readers.read_user), suggestions.users, False, table, column)


def _moment(name: str, about: str, table: str, column: str) -> Field:
    return Field(name, about, or_none(readers.read_moment), suggestions.ages, True, table, column, Form.MOMENT)


def _day(name: str, about: str, table: str, column: str) -> Field:
    return Field(name, about, or_none(readers.read_day), suggestions.days, True, table, column, Form.DAY)


def _yes_no(name: str, about: str, table: str, column: str) -> Field:
    return Field(name, about, or_none(one_of(name, _YES_NO)), suggestions.words(_YES_NO), False, table, column)


_FOLLOW_UP_KINDS: Choices = {
    "promise": ("promise", ("承诺", "承諾"), N_("promised")),
    "first_contact": ("first_contact", ("首次联系", "首次聯繫"), N_("first contact")),
}
_CLOSED: Choices = {
    "done": ("done", ("完成",), N_("done")),
    "replaced": ("replaced", (), N_("replaced by another date")),
    "dropped": ("dropped", (), N_("dropped")),
}

def _metric(
    name: str, about: str, read: Reader, *values: Suggestion, column: str = "", form: Form = Form.STORED
) -> Field:
    suggest = suggestions.several(*values)
    return Field(name, about, or_none(read), suggest, True, "worth", column or name, form, MASKED)


_SOME = (("any", N_("it is known")), ("empty", N_("it is not known")))
_SHARES = (("<20%", ""), (">=50%", ""), *_SOME)
_AMOUNTS = ((">0", ""), (">=10k", ""), (">1m", ""))
_JUDGED = ((">=4", N_("high")), ("<=2", N_("low")), *_SOME)

_OF_WORTH = (
    _metric("sales", N_("sales of the last twelve full months"), readers.read_money, *_AMOUNTS),
    _metric("orders", N_("orders of these months"), readers.read_number, (">0", ""), (">=12", "")),
    _metric("ordered", N_("last order: age or date"), readers.read_past_day, (">90d", N_("longer than 90 days ago")),
            ("<30d", N_("within the last 30 days")), ("empty", N_("it never ordered")), form=Form.DAY),
    _metric("margin", N_("gross margin in per cent"), readers.read_percent, *_SHARES),
    _metric("collection", N_("per cent of what was due that is paid"), readers.read_percent, *_SHARES),
    _metric("timeliness", N_("per cent of what was due that was paid on time"), readers.read_percent, *_SHARES),
    _metric("growth", N_("growth of our sales in per cent"), or_word("lagging", "lagging", readers.read_percent),
            ("lagging", N_("less than the customer's own")), ("<0", ""), (">20%", ""), *_SOME),
    _metric("share", N_("our part of all it buys, in per cent"), or_word("falling", "falling", readers.read_percent),
            ("falling", N_("less than the time before")), *_SHARES),
    _metric("wallet", N_("all it buys, as estimated"), or_word("missing", None, readers.read_money),
            ("missing", N_("nobody has estimated it")), *_AMOUNTS),
    _metric("overdue", N_("what was due before this month and is not paid"), readers.read_money, *_AMOUNTS),
    _metric("lifetime", N_("all its sales"), readers.read_money, *_AMOUNTS),
    _metric("silence", N_("time since the last order, in its own order intervals"), readers.read_decimal,
            (">2", N_("twice its own interval")), *_SOME),
    *(
        Field(name, about, or_none(readers.read_number), suggestions.several(*_JUDGED), True, "customer", name,
              Form.STORED, MASKED)
        for name, about in (("influence", N_("influence, 1 to 5")), ("closing", N_("closing potential, 1 to 5")))
    ),
)  # fmt: skip

_OF_CUSTOMERS = (
    _field("stage", N_("customer stage"), readers.read_stage, suggestions.stages),
    _field("tier", N_("tier of the primary scheme"), readers.read_tier, suggestions.tiers),
    _choice("suggest", N_("another tier is proposed than it has"), "", "", _SUGGEST),
    _field("owner", N_("who holds it"), readers.read_user, suggestions.owners),
    _field("pool", N_("public pool it lies in"), readers.read_pool, suggestions.pools),
    Field("name", N_("part of the name"), readers.read_part),
    _field("id", N_("number of the customer"), readers.read_id, suggestions.nothing, ordered=True),
    Field("kind", N_("organization or person"), or_none(one_of("kind", _KINDS)), suggestions.words(_KINDS)),
    *(
        Field(name, about, or_none(readers.read_same), suggestions.presence, in_use=True)
        for name, about in (
            ("region", N_("region; north* for its beginning")),
            ("source", N_("where it came from")),
            ("industry", N_("industry")),
            ("tag", N_("tag")),
        )
    ),
    _field("due", N_("date of the next follow-up"), readers.read_due, suggestions.dues, ordered=True),
    _field("last", N_("last contact: age or date"), readers.read_moment, suggestions.ages, ordered=True),
    _field("created", N_("made: age or date"), readers.read_moment, suggestions.ages, ordered=True),
    _field("since", N_("days in the stage"), readers.read_age, suggestions.ages, ordered=True),
    Field("phone", N_("digits of a phone number"), or_none(readers.read_phone), suggestions.presence, hidden=MASKED),
    Field("email", N_("part of a mail address"), or_none(readers.read_part), suggestions.presence, hidden=MASKED),
    Field("has", N_("there is one"), one_of("has", THINGS), suggestions.words(THINGS)),
    Field("no", N_("there is none"), one_of("no", THINGS), suggestions.words(THINGS)),
    Field("archived", N_("archived customers too"), one_of("archived", _ARCHIVED), suggestions.words(_ARCHIVED)),
    Field("claimable", N_("one may claim it now"), one_of("claimable", _YES_NO), suggestions.words(_YES_NO)),
    Field("blocked", N_("we do not sell to it"), one_of("blocked", _YES_NO), suggestions.words(_YES_NO)),
    Field("wechat", N_("part of a WeChat id"), or_none(readers.read_part), suggestions.presence, hidden=MASKED),
    _text("address", N_("part of the address"), "customer"),
    _text("website", N_("part of the website"), "customer"),
    _text("note", N_("words of the note"), "customer", hidden=MASKED),
    _text("tax_number", N_("part of the tax number"), "customer"),
    _text("referred_by", N_("who referred it"), "customer"),
    _text("parent", N_("the company above it"), "customer"),
    _choice("business_role", N_("its role in business"), "customer", "business_role", choices_of(BUSINESS_ROLES)),
    Field("scheme", N_("scheme of the tier"), or_none(readers.read_scheme), suggestions.schemes, False, "customer",
          "scheme"),
    _user("created_by", N_("who made it"), "customer", "created_by"),
    _moment("held", N_("held since: age or date"), "customer", "held_since"),
    _moment("touched", N_("last interaction at all: age or date"), "customer", "last_touch"),
    _day("stale", N_("day on which the profile is stale"), "customer", "stale_on"),
    _day("returns", N_("day on which it returns to the pool"), "warning", "due_on"),
)  # fmt: skip
_OF_ROWS = (
    _text("contact", N_("part of a contact's name"), "contact", "name"),
    _choice("contact.role", N_("role of a contact"), "contact", "role", choices_of(ROLES)),
    _text("contact.title", N_("title of a contact"), "contact"),
    Field("contact.phone", N_("digits of a contact's phone"), or_none(readers.read_phone), suggestions.presence, False,
          "contact", "phone", Form.DIGITS, MASKED),
    _text("contact.email", N_("part of a contact's mail"), "contact", hidden=MASKED),
    _text("contact.wechat", N_("part of a contact's WeChat id"), "contact", hidden=MASKED),
    _text("contact.note", N_("words of a contact's note"), "contact", hidden=MASKED),
    _yes_no("contact.primary", N_("a contact is the primary one"), "contact", "is_primary"),
    _text("log", N_("words of an interaction's note"), "interaction", "note"),
    _moment("log.at", N_("an interaction: age or date"), "interaction", "at"),
    _choice("log.channel", N_("channel of an interaction"), "interaction", "channel", choices_of(CHANNELS)),
    _user("log.by", N_("who logged an interaction"), "interaction"),
    _yes_no("log.connected", N_("an interaction came about"), "interaction", "connected"),
    _text("log.outcome", N_("words of an outcome"), "interaction"),
    _text("log.contact", N_("contact of an interaction"), "interaction"),
    _text("next.purpose", N_("words of the next follow-up"), "follow_up"),
    _choice("next.kind", N_("kind of the next follow-up"), "follow_up", "kind", _FOLLOW_UP_KINDS),
    _user("next.by", N_("whose next follow-up it is"), "follow_up"),
    _moment("next.since", N_("promised: age or date"), "follow_up", "created_at"),
    _day("next.original", N_("date first promised"), "follow_up", "original_on"),
    _text("closed", N_("words of a follow-up that is over"), "closed", "purpose"),
    _choice("closed.as", N_("how a follow-up ended"), "closed", "closed_as", _CLOSED),
    _moment("closed.at", N_("a follow-up ended: age or date"), "closed", "closed_at"),
    _user("closed.by", N_("whose follow-up ended"), "closed"),
    _text("comment", N_("words of a comment"), "comment", "text"),
    _user("comment.by", N_("who commented"), "comment"),
    _moment("comment.at", N_("commented: age or date"), "comment", "at"),
)  # fmt: skip


_PUSHES: Choices = {
    "pushed": ("pushed", (), N_("pushed")),
    "interested": ("interested", (), N_("interested")),
    "declined": ("declined", (), N_("not interested")),
    "offered": ("offered", (), N_("offered")),
    "followed_up": ("followed_up", ("followed up",), N_("followed up")),
}


def _told(field: Field) -> Field:
    """A field of what is bought, owed and paid, of which customers in the pool tell nothing."""
    return replace(field, hidden=MASKED)


_OF_SALES = tuple(map(_told, (
    _text("deal", N_("words of a deal's product"), "deal", "product"),
    _choice("deal.result", N_("what came of a deal: open, won, lost"), "deal", "result", choices_of(RESULTS)),
    Field("deal.amount", N_("amount of a deal"), or_none(readers.read_money), suggestions.numbers, True, "deal",
          "amount"),
    _day("deal.expected", N_("day on which a deal should close"), "deal", "expected_on"),
    _text("deal.competitor", N_("against whom a deal is"), "deal"),
    _text("product", N_("words of a product that it ever ordered"), "ordered", "product"),
    _text("order", N_("part of an order's number"), "order", "number"),
    _day("receivable.due", N_("day on which something is due that is not paid"), "receivable", "due_on"),
    replace(_text("push", N_("words of a new product that was brought to it"), "push", "product"), in_use=True),
    _choice("push.state", N_("how far a new product has come"), "push", "state", _PUSHES),
)))  # fmt: skip


def _of_profile(known: ProfileField) -> Field:
    hidden = SENSITIVE if known.sensitive else ""
    name, about = known.identifier, known.label
    text = _text(name, about, "profile", hidden=hidden)
    if known.type in ("choice", "yes_no"):
        choices = choices_of(known.choices) if known.choices else _WORDS
        return replace(text, read=or_none(one_of(name, choices)), suggest=_words(choices), form=Form.STORED)
    if known.type in ("number", "year", "money"):
        form = Form.MONEY if known.type == "money" else Form.WHOLE
        number = or_none(readers.read_number)
        return replace(text, read=number, suggest=suggestions.numbers, form=form, ordered=True)
    if known.type == "date" and not known.partial:
        return replace(
            text, read=or_none(readers.read_past_day), suggest=suggestions.ages, form=Form.DAY, ordered=True
        )
    return text


_WORDS: Choices = {word: (word, synonyms, hint) for word, (_value, synonyms, hint) in _YES_NO.items()}

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        *_OF_CUSTOMERS,
        *_OF_WORTH,
        *_OF_ROWS,
        *_OF_SALES,
        *(_of_profile(known) for known in PROFILE if not known.column),
    )
}
ALIASES = {
    "next": "due", "next.on": "due", "tax": "tax_number", "referred": "referred_by", "business": "business_role",
    "held_since": "held", "contact.name": "contact", "log.note": "log", "closed.purpose": "closed",
    "comment.text": "comment",
}  # fmt: skip
"""Other words for fields; a filter is printed with the field's own name."""

_FAMILIES = frozenset(name.partition(".")[0] for name in (*FIELDS, *ALIASES, TIER, SUGGEST) if "." in name)


def is_name(text: str) -> bool:
    """Whether the text before a colon is a field's name; names with a dot begin as those of the table do."""
    head, dot, rest = text.partition(".")
    if not (head[:1].isalpha() and head.replace("_", "").isalnum()):
        return False
    return not dot or own_name(text) is not None or (head.casefold() in _FAMILIES and bool(rest))


def own_name(text: str) -> str | None:
    """What follows `field.` or `x.`; None for another beginning."""
    for start in (OWN, CUSTOM):
        if text[: len(start)].casefold() == start:
            return text[len(start) :]
    return None


def find(name: str, position: int, text: str) -> Field:
    """The field of that name, in any case. UsageError that suggests the nearest one."""
    own = own_name(name)
    if own is not None:
        if not fold(own).strip():
            raise UsageError(_("name the field of your own: field.NAME:value"), text, position + len(name))
        return of(OWN + own)
    known = name.casefold()
    if known.startswith(TIER):
        return of(TIER + name[len(TIER) :])
    if known.startswith(SUGGEST):
        return of(SUGGEST + name[len(SUGGEST) :])
    field = FIELDS.get(ALIASES.get(known, known))
    if field:
        return field
    problem = _('unknown field "%(name)s"') % {"name": name}
    hint = nearest(name[:LONG], [*FIELDS, *ALIASES]) or _("; quote the text to search for it")
    raise UsageError(problem + hint, text, position)


@lru_cache(maxsize=256)
def of(name: str) -> Field:
    """The field that a term names: one of the table, or one of one's own. A field of the profile that is named as if
    it were one's own is that of the table, with its rights.
    """
    if name in FIELDS:
        return FIELDS[name]
    if name.startswith(TIER):
        scheme = name.removeprefix(TIER)
        read, suggest = or_none(readers.tier_of(scheme)), suggestions.tiers_of(scheme)
        return Field(name, N_("tier under the scheme"), read, suggest, False, "tier", scheme)
    if name.startswith(SUGGEST):
        scheme = name.removeprefix(SUGGEST)
        read = or_none(readers.under(scheme, one_of(name, _SUGGEST)))
        about = N_("another tier is proposed under the scheme")
        return Field(name, about, read, FIELDS["suggest"].suggest, False, "suggest", scheme)
    own = name.removeprefix(OWN)
    if fold(own) in _PROFILE_NAMES:
        return FIELDS[fold(own)]
    return Field(
        name, N_("field of one's own"), or_none(readers.read_own), suggestions.presence, True, "own", own, Form.TEXT,
        MASKED,
    )  # fmt: skip


_PROFILE_NAMES = frozenset(known.identifier for known in PROFILE)


def written(name: str) -> str:
    """A field's name as one types it: of one's own in quotes where it would otherwise end too early."""
    own = name.removeprefix(OWN)
    if name in FIELDS or not (set(own) & set(' ()":') or any(map(str.isspace, own)) or ascii_twin(own) != own):
        return name
    return OWN + readers.quote(own)
