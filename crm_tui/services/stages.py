"""Moving customers along the path (DOMAIN §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.stages import BY_IDENTIFIER, Move, check_move, neighbour
from crm_tui.domain.text import clean
from crm_tui.services import tiers
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import histories
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


def move(session: Session, ids: Sequence[int], stage: str, reason: str = "") -> Outcome:
    """Bring the customers to `stage` (an identifier).

    Raises UsageError when every one of them needs a reason that is not given or not on the list; else those are
    refused row by row. The outcome proposes the intent letter of the stage.
    """
    return _move(session, ids, dict.fromkeys(ids, stage), reason)


def step(session: Session, ids: Sequence[int], direction: Literal[1, -1], reason: str = "") -> Outcome:
    """Bring each customer one stage on (1) or back (-1); who stands at the end is refused."""
    with session.changing():
        seen, __ = session.see(ids)
        targets: dict[int, str] = {}
        for facts in seen:
            beside = neighbour(facts.stage, direction)
            if beside is not None:
                targets[facts.id] = beside.identifier
        return _move(session, ids, targets, reason)


def _move(session: Session, ids: Sequence[int], targets: dict[int, str], reason: str) -> Outcome:
    reason = clean(reason, limit=500)
    with session.changing() as change:
        taken, refused = session.take(ids)
        moves: dict[int, Move] = {}
        errors: list[UsageError] = []
        for facts in taken:
            try:
                made = _checked(facts, targets.get(facts.id), reason)
            except UsageError as error:
                errors.append(error)
                refused.append(Refusal(facts.id, facts.name, str(error)))
                continue
            if isinstance(made, str):
                refused.append(Refusal(facts.id, facts.name, made))
            else:
                moves[facts.id] = made
        if errors and not moves:
            raise errors[0]
        moved = [facts for facts in taken if facts.id in moves and moves[facts.id].direction != "same"]
        letters = _apply(session, change, moved, moves)
        return _told(change, taken, moved, moves, refused, letters)


def _checked(facts: Facts, target: str | None, reason: str) -> Move | str:
    if target is None:
        return _("there is no stage beyond {stage}").format(stage=BY_IDENTIFIER[facts.stage].title)
    return check_move(facts.stage, target, reason)


def _apply(session: Session, change: Change, moved: Sequence[Facts], moves: dict[int, Move]) -> dict[int, str]:
    """Move them; the intent letters that their new stages propose."""
    now = session.stamp
    change.update_each(
        "customer",
        {facts.id: {"stage": moves[facts.id].to.identifier, "stage_since": now} for facts in moved},
    )
    histories.add_stages(
        change,
        at=now,
        user_id=session.person.id,
        rows=[
            (
                facts.id,
                facts.stage,
                moves[facts.id].to.identifier,
                moves[facts.id].reason,
                max(0.0, (session.clock() - moment(facts.stage_since)).total_seconds() / 86_400),  # a clock put back
            )
            for facts in moved
        ],
    )
    return tiers.propose(session, change, {facts.id: moves[facts.id].to.identifier for facts in moved})


def _told(
    change: Change, taken: Sequence[Facts], moved: Sequence[Facts], moves: dict[int, Move],
    refused: Sequence[Refusal], proposed: dict[int, str],
) -> Outcome:  # fmt: skip
    to = {moves[facts.id].to.title for facts in moved}
    if not moved:
        same = [facts for facts in taken if facts.id in moves]
        message = _("{who}: already there").format(who=named(same)) if same else _("nothing was moved")
        return done(change, message, [], refused)
    target = to.pop() if len(to) == 1 else _("the next stage")
    message = _("{who} → {stage}").format(who=named(moved), stage=target)
    if len(moved) == 1 and moves[moved[0].id].win_back:
        message = _("{who} → {stage}, a win-back").format(who=named(moved), stage=target)
    letters = set(proposed.values())
    offered = None
    if letters:
        offered = ("tier accept", _("tier {letter} proposed").format(letter="/".join(sorted(letters))))
    return done(change, message, [facts.id for facts in moved], refused, proposal=offered)
