"""Commands that make, describe and grade customers."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import customers as verbs
from crm_tui.domain.language import N_

_REASON = Argument("reason", kinds.REASON, N_("why; going back, and lost, need one"), option=True)
_WHY = Argument("reason", kinds.TEXT, N_("why"), option=True)
_FIELDS = Argument("fields", kinds.ASSIGNMENT, N_("field=value, empty to clear it"), many=True)
_SOME_FIELDS = Argument("fields", kinds.ASSIGNMENT, N_("field=value, empty to clear it"), required=True, many=True)
_VERSION = Argument("version", kinds.NUMBER, N_("only if nobody changed a field since this version"), option=True)
_OWNER = Argument("owner", kinds.OWNER, N_("who holds it: me, a login, or pool"), option=True)
_ANYWAY = Argument("anyway", kinds.TEXT, N_("even if there is one like it"), flag=True)
_TAGS = Argument("tags", kinds.TAG, N_("words"), required=True, many=True)

COMMANDS = (
    Command(
        "new", N_("make a customer"), verbs.new, changes=True, ask="bare",
        ahead=verbs.new_ahead,
        arguments=(
            Argument("name", kinds.TEXT, N_("its name"), required=True),
            _FIELDS,
            Argument("kind", kinds.CUSTOMER_KIND, N_("organization or person; else guessed"), option=True),
            Argument("stage", kinds.STAGE, N_("where it begins"), option=True),
            Argument("tier", kinds.TIER, N_("its intent letter"), option=True),
            Argument("contact", kinds.TEXT, N_("the name of its first contact"), option=True),
            _OWNER, _ANYWAY,
        ),
    ),
    Command(
        "paste", N_("make a customer from one pasted line: company, name, mobile"), verbs.paste, changes=True,
        ask="missing",
        arguments=(
            Argument("line", kinds.LINE, N_("company, name, mobile, mail in any order"), required=True),
            _OWNER, _ANYWAY,
        ),
    ),
    Command(
        "edit", N_("change fields; each one given counts as verified today"), verbs.edit, target="rows", changes=True,
        ask="bare", ahead=verbs.edit_ahead,
        arguments=(_SOME_FIELDS, _VERSION),
    ),
    Command("archive", N_("take out of all lists"), verbs.archive, target="rows", changes=True),
    Command("unarchive", N_("bring back into the lists"), verbs.unarchive, target="rows", changes=True),
    Command(
        "contact add", N_("add a person at the customer"), verbs.contact_add, target="one", changes=True, ask="bare",
        ahead=verbs.contact_ahead,
        arguments=(Argument("name", kinds.TEXT, N_("the person's name"), required=True), _FIELDS),
    ),
    Command(
        "contact edit", N_("change a contact"), verbs.contact_edit, changes=True, ask="bare", ahead=verbs.contact_ahead,
        arguments=(
            Argument("contact", kinds.NUMBER, N_("the contact's number"), required=True), _SOME_FIELDS, _VERSION,
        ),
    ),
    Command(
        "stage", N_("move to a stage"), verbs.stage, target="rows", changes=True, ask="missing",
        arguments=(Argument("stage", kinds.STAGE, N_("where to"), required=True), _REASON),
    ),
    Command("advance", N_("one stage on"), verbs.advance, target="rows", changes=True, arguments=(_REASON,)),
    Command("retreat", N_("one stage back"), verbs.retreat, target="rows", changes=True, arguments=(_REASON,)),
    Command(
        "tier", N_("set the tier; `accept` for what is proposed"), verbs.tier, target="rows", changes=True,
        ask="missing", ahead=verbs.tier_ahead,
        arguments=(
            Argument("tier", kinds.TIER, N_("its letter or name"), required=True),
            Argument("scheme", kinds.SCHEME, N_("the scheme, if another one has such a tier"), option=True),
            Argument("until", kinds.WHEN, N_("its last day; then back to what is computed"), option=True),
            _WHY,
        ),
    ),
    Command("tag", N_("put tags on"), verbs.tag, target="rows", changes=True, ask="missing", arguments=(_TAGS,)),
    Command("untag", N_("take tags off"), verbs.untag, target="rows", changes=True, ask="missing", arguments=(_TAGS,)),
)  # fmt: skip
