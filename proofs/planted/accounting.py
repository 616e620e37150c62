"""Planted bugs of the check itself: it accuses the innocent, or counts too little."""

from __future__ import annotations

from proofs.planted.planted import Planted
from spec.machine.variant import Edit

B3 = Planted(
    "B3",
    "The busy check counts a lent slot twice: as session-held and as uncached.",
    (
        Edit(
            "invariants",
            "    return s.total(Row, lambda r: 0 if is_lent(s, r) else private(s, r))\n",
            "    return s.total(\n"
            "        Row,\n"
            "        lambda r: private(s, r)\n"
            "        if s.holder[r] != NIL and s.slot[s.holder[r]] == r\n"
            "        else 0,\n"
            "    )\n",
        ),
    ),
    (("resume", "pages_add_up"),),
    ("action    resume(", "slot[x0] = r0", "row[t"),
)

B18 = Planted(
    "B18",
    "A flag on the slot says that it is lent, and sticks where a turn does not finish.",
    (
        Edit(
            "state",
            "    stale: Map[Session, bool]",
            "    is_active: Map[Session, bool]\n    stale: Map[Session, bool]",
        ),
        Edit(
            "moves",
            "        free_tail(s, r, s.committed[r])\n    s.row[t] = r\n",
            "        free_tail(s, r, s.committed[r])\n    s.row[t] = r\n"
            "    s.is_active[s.session[t]] = True\n",
        ),
        Edit(
            "moves",
            "    keep(s, x, r, n)\n",
            "    keep(s, x, r, n)\n    s.is_active[x] = False\n",
        ),
        Edit(
            "invariants",
            "    return s.total(Row, lambda r: 0 if is_lent(s, r) else private(s, r))\n",
            "    return s.total(\n"
            "        Row,\n"
            "        lambda r: 0\n"
            "        if is_lent(s, r) or s.holder[r] != NIL and s.is_active[s.holder[r]]\n"
            "        else private(s, r),\n"
            "    )\n",
        ),
    ),
    (("retract", "pages_add_up"),),
    ("action    retract(", "is_active[x0]"),
)
