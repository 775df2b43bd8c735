"""How much was to be done by when, and how much was: the algorithm's planned curve and the executed quantity."""

from bisect import bisect_right

from markupsafe import Markup

from penstock.tca.analysis import ParentCosts
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, Linear, band, chart, dot, line, steps, time_axis, tip, value_axis
from penstock.tca.html.thinning import Room, thin
from penstock.tca.planned import planned
from penstock.tca.record import SessionRecord

FRAME = Frame()


def executed(parent: ParentCosts) -> list[tuple[int, float]]:
    """(time, fraction of the order done), a step at every fill, from arrival to the end."""
    record = parent.record
    done, curve = 0.0, [(record.arrived_at, 0.0)]
    for fill in sorted(record.fills, key=lambda fill: fill.traded_at):
        done += float(fill.last_qty / record.terms.quantity)
        curve.append((fill.traded_at, done))
    curve.append((max(parent.ended_at, curve[-1][0]), done))
    return curve


def progress_chart(session: SessionRecord, parent: ParentCosts, room: Room) -> Markup:
    """Planned and executed share of the order over its window and life."""
    record = parent.record
    target, done = planned(session, parent), executed(parent)
    last = max(done[-1][0], record.end if target else done[-1][0], record.arrived_at + 1)
    x = FRAME.x(record.arrived_at, last)
    y = FRAME.y(0, max(1.0, done[-1][1]) * 1.06)
    quarters = (0.25, 0.5, 0.75, 1.0)
    parts = value_axis(FRAME, y, quarters, lambda share: wording.percent(share))
    parts += time_axis(FRAME, x)
    stairs = [(x(t), y(share)) for t, share in steps(thin(done, room.points))]
    parts.append(band(stairs, [(stairs[0][0], y(0)), (stairs[-1][0], y(0))], "done-area"))
    parts.append(line(stairs, "done"))
    if target:
        parts.append(line([(x(t), y(share)) for t, share in thin(target, room.columns * 2)], "planned"))
    parts += _strips(parent, target, done, x, room.columns)
    return chart(FRAME, f"Planned and executed share of {record.terms.order_id} over time", parts)


def _strips(
    parent: ParentCosts, target: list[tuple[int, float]], done: list[tuple[int, float]], x: Linear, columns: int
) -> list[str]:
    """Invisible columns that tell plan and progress at their time."""
    width = (FRAME.width - FRAME.left) / columns
    total = parent.record.terms.quantity
    parts = []
    for n in range(columns):
        at = int(x.low + (n + 0.5) / columns * (x.high - x.low))
        share = held_at(done, at)
        words = [wording.clock(at), f"done {wording.percent(share, 1)} of {wording.quantity(total)}"]
        if target:
            words.append(f"planned {wording.percent(held_at(target, at), 1)}")
        place = f'x="{dot(FRAME.left + n * width)}" width="{dot(width)}" height="{FRAME.height}"'
        parts.append(f'<rect class="strip" {place} {tip(*words)}/>')
    return parts


def held_at(curve: list[tuple[int, float]], at: int) -> float:
    """The value of a curve that holds until its next point."""
    place = bisect_right(curve, at, key=lambda point: point[0])
    return curve[place - 1][1] if place else 0.0
