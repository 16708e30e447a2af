"""The dev dock's switches, wired to the simulated world."""

from kiosk.simulation.world import Attack, SimulatedWorld
from kiosk.ui.dock import NOBODY, OTHER, TWO_PEOPLE, DevDock


def wire_dock(dock: DevDock, world: SimulatedWorld) -> None:
    """Connect every signal. "Other" is the last of the demonstration people."""

    def subject(key: str) -> None:
        match key:
            case _ if key == NOBODY:
                world.show_nobody()
            case _ if key == TWO_PEOPLE:
                world.show_two()
            case _ if key == OTHER:
                world.show_person(world.people()[-1].id)
            case _:
                world.show_person(key)

    dock.card_placed.connect(world.place_card)
    dock.card_pulled.connect(world.pull_card)
    dock.second_card_placed.connect(world.place_second_card)
    dock.code_shown.connect(world.show_card_qr)
    dock.subject_chosen.connect(subject)
    dock.attack_shown.connect(lambda attack, person: world.show_attack(Attack(attack), person))
    dock.link_cut.connect(lambda system, off: world.cut(system) if off else world.restore(system))
    dock.paper_emptied.connect(lambda empty: world.paper("out" if empty else "ok"))
    dock.pay_now.connect(lambda: world.pay())
