"""Who can be signed in. A real platform has accounts and passwords here; the example has two people and a switch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A user of the platform. `id` is what Lanyard keeps Connections under: it must never change nor be reused."""

    id: str
    name: str
    email: str


PEOPLE = {
    person.id: person
    for person in (
        Person("robin", "Robin Field", "robin@example.org"),
        Person("sam", "Sam Rivers", "sam@example.org"),
    )
}
NOBODY_CHOSEN = "robin"


def signed_in(cookie_value: str | None) -> Person:
    """The person whom the sign-in cookie names; the first one when it names nobody."""
    return PEOPLE.get(cookie_value or "", PEOPLE[NOBODY_CHOSEN])
