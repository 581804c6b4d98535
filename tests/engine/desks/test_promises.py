from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

from tests.engine.desks.floor import DAY, Floor, shift, text, wall

from doorstep.engine.promise_desk import Booking
from doorstep.engine.quoting import NOT_ON_SALE_YET
from doorstep.lifecycle.promise import PromiseStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.windows import Window

FAR = (20, 20)
"""A crossing 500 s from the hub."""
NOON = Window(wall("12:00"), wall("14:00"))


def hold(floor: Floor, at: tuple[int, int] = (12, 10), **told: int) -> Booking | Refusal:
    return floor.promises.hold(floor.ask(at, **told), NOON, floor.desk.origin())


def held(floor: Floor, at: tuple[int, int] = (12, 10), **told: int) -> Booking:
    booking = hold(floor, at, **told)
    assert isinstance(booking, Booking), booking
    return booking


def test_a_quote_holds_nothing(floor: Floor) -> None:
    """Asking changes neither log nor plan."""
    ask = floor.ask()
    head, plan = floor.market.head, floor.planner.plan.plan_hash()
    quote = floor.quoting.quote(ask, floor.clock.now())
    assert quote.offers
    assert quote.offers[0].window == NOON
    assert (floor.market.head, floor.planner.plan.plan_hash()) == (head, plan)


def test_every_window_is_offered_with_odds_or_refused_with_a_reason(floor: Floor) -> None:
    """No window that was asked for is left without an answer, and no offer lies below the least odds."""
    ask = floor.ask()
    quote = floor.quoting.quote(ask, floor.clock.now())
    answered = [offer.window for offer in quote.offers] + [no.window for no in quote.refused]
    assert sorted(answered) == sorted(floor.quoting.windows(ask, floor.clock.now()))
    least = floor.book.promises.odds_min_ppm
    assert all(least <= offer.odds_ppm <= 1_000_000 for offer in quote.offers)
    assert all(no.reason for no in quote.refused)


def test_a_held_window_takes_a_place_in_the_plan(floor: Floor) -> None:
    """The hold's hash is the live plan's, and its stop stands on the route that it names."""
    booking = held(floor)
    state = floor.promise(booking.promise)
    assert state.status is PromiseStatus.held
    assert floor.planner.plan.route_of(booking.delivery) == state.route
    assert booking.plan_hash == floor.planner.plan.plan_hash()


def test_a_released_hold_gives_its_place_back(floor: Floor) -> None:
    """The plan is as it was, and a second release is refused."""
    before = floor.planner.plan.plan_hash()
    booking = held(floor)
    assert floor.promises.release(booking.promise, "left", floor.desk.origin()) is None
    assert floor.planner.plan.plan_hash() == before
    again = floor.promises.release(booking.promise, "left", floor.desk.origin())
    assert again is not None
    assert again.code == "promise_not_held"


def test_a_hold_that_nobody_confirms_lapses(floor: Floor) -> None:
    """It stands to the last microsecond of its time, and then its place is free."""
    before = floor.planner.plan.plan_hash()
    booking = held(floor)
    floor.clock.move_to(floor.promise(booking.promise).expires_at)
    floor.tick()
    assert floor.promise(booking.promise).status is PromiseStatus.held
    floor.clock.advance(1)
    floor.tick()
    assert floor.promise(booking.promise).status is PromiseStatus.expired
    assert floor.planner.plan.plan_hash() == before


def one_place(open_floor: Callable[..., Floor]) -> Floor:
    """A van that has time for one way to the far corner and back."""
    return open_floor(shift("ada", "11:15", "12:30"))


def test_the_last_place_is_had_once(open_floor: Callable[..., Floor]) -> None:
    """Where a van has room for one, the second shopper is refused, and a release makes room again."""
    floor = one_place(open_floor)
    first = held(floor, FAR, weight_g=400_000)
    second = hold(floor, FAR, weight_g=400_000)
    assert isinstance(second, Refusal)
    assert floor.promises.release(first.promise, "left", floor.desk.origin()) is None
    assert isinstance(hold(floor, FAR, weight_g=400_000), Booking)


def test_two_shoppers_at_once_never_get_the_last_place(open_floor: Callable[..., Floor]) -> None:
    """Of eight threads that want the one place, one gets it."""
    floor = one_place(open_floor)
    asks = [floor.ask(FAR, weight_g=400_000) for _ in range(8)]
    answers: list[Booking | Refusal] = []
    start = Barrier(len(asks))

    def shop(number: int) -> None:
        start.wait()
        answers.append(floor.promises.hold(asks[number], NOON, floor.desk.origin()))

    shoppers = [Thread(target=shop, args=(number,)) for number in range(len(asks))]
    for shopper in shoppers:
        shopper.start()
    for shopper in shoppers:
        shopper.join()
    assert sum(isinstance(answer, Booking) for answer in answers) == 1
    assert len(answers) == 8
    for route in floor.planner.plan.route_ids:
        assert floor.planner.plan.check(route) == ()


def test_a_window_that_no_van_keeps_is_not_held(floor: Floor) -> None:
    """The refusal names the reason, and nothing is written."""
    night = Window(wall("22:00"), wall("23:59"))
    ask, head = floor.ask(), floor.market.head
    refusal = floor.promises.hold(ask, night, floor.desk.origin())
    assert isinstance(refusal, Refusal)
    assert floor.market.head == head


def test_a_hold_is_over_before_its_route_is_staged(floor: Floor) -> None:
    """The loading list knows only what was confirmed; an open hold gives way, so that no stop stays."""
    floor.until("08:55")
    booking = held(floor)
    route = floor.promise(booking.promise).route
    assert route is not None
    floor.until("09:00")
    assert booking.delivery not in floor.route(route).deliveries
    assert floor.promise(booking.promise).status is PromiseStatus.released


def test_a_day_that_is_not_on_sale_yet_is_refused_as_such(floor: Floor) -> None:
    """The reason says that the day is not on sale and from when it is, never that vans lack time."""
    day = DAY + timedelta(days=9)
    opens = wall("00:00", day - timedelta(days=floor.book.promises.days_on_sale - 1))
    window = Window(wall("12:00", day), wall("14:00", day))
    wish = {"window_start": text(window.start), "window_end": text(window.end)}
    quote = floor.quoting.quote(floor.ask(**wish), floor.clock.now())
    assert not quote.offers
    assert {(no.reason, no.on_sale_from) for no in quote.refused} == {(NOT_ON_SALE_YET, opens)}
    assert floor.place(**wish).declined == (NOT_ON_SALE_YET,)
    refusal = floor.promises.hold(floor.ask(), window, floor.desk.origin())
    assert isinstance(refusal, Refusal)
    assert refusal.code == NOT_ON_SALE_YET


def test_a_day_on_sale_without_vans_is_no_day_ahead(floor: Floor) -> None:
    """On the very day on which it goes on sale, a refused window names what is short and no date."""
    day = DAY + timedelta(days=floor.book.promises.days_on_sale - 1)
    window = Window(wall("12:00", day), wall("14:00", day))
    wish = {"window_start": text(window.start), "window_end": text(window.end)}
    quote = floor.quoting.quote(floor.ask(**wish), floor.clock.now())
    assert quote.refused
    assert all(no.reason != NOT_ON_SALE_YET and no.on_sale_from is None for no in quote.refused)
