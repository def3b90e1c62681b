"""The figures of one run, and how they are printed."""

from dataclasses import dataclass

GOALS = {1: 3.0, 8: 4.0}
# The best peer that was measured, txtai, against the plain service on one machine: 88 and 73 requests/s.
BEST_PEER = 88 / 73
STAGES = ("decode", "encode", "search", "total")


@dataclass(frozen=True)
class Figures:
    """Of one closed loop: milliseconds, and answers per second."""

    median: float
    p95: float
    rate: float
    stages: dict[str, float]


# By the number of clients.
Loops = dict[int, Figures]


def show(ours: dict[str, Loops], plain: dict[str, Loops], instant: Loops, bare: Loops) -> None:
    """Print them all. `ours` and `plain`: by kind of search."""
    columns = f"{'median':>10}{'p95':>10}{'per s':>8}{'plain/s':>9}{'ratio':>7}{'best peer':>11}"
    print(f"{'':24}{'clients':>8}{columns}")
    for kind, loops in ours.items():
        for clients, mine in loops.items():
            other = plain[kind][clients]
            ratio = mine.rate / other.rate
            goal = f"  goal {GOALS[clients]:.0f}" if clients in GOALS and kind == "cold" else ""
            print(
                f"{kind:24}{clients:8}{mine.median:7.2f} ms{mine.p95:7.2f} ms"
                f"{mine.rate:8.0f}{other.rate:9.0f}{ratio:6.1f}x{ratio / BEST_PEER:10.1f}x{goal}"
            )
    for name, loops in {"a store that answers at once": instant, "no search at all": bare}.items():
        for clients, most in loops.items():
            ratio = most.rate / plain["cold"][clients].rate / BEST_PEER
            print(f"{name}, {clients:2} clients: {most.rate:.0f}/s, {ratio:.1f}x the best peer")
    one = ours["cold"][1]
    own = one.stages["total"] - one.stages["encode"] - one.stages["search"]
    parts = ", ".join(f"{stage} {one.stages[stage]:.2f}" for stage in STAGES)
    print(f"median stages at one client, cold, ms: {parts}; as the client sees it {one.median:.2f}")
    print(f"the service's own share (total less encode and search): {own:.2f} ms  goal < 3")
    eight = ours["cold"][8]
    print(f"p95 over median at 8 clients: {eight.p95 / eight.median:.1f}  goal < 5")
