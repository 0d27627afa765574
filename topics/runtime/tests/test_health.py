from topics.runtime.health import Health


def test_a_part_that_starts_is_not_ready_and_then_it_is() -> None:
    health = Health()
    health.starting("board_store")
    assert health.not_ready() == {"board_store": "starting"}

    health.well("board_store")
    assert health.not_ready() == {}


def test_an_ill_part_is_no_reason_to_restart_and_a_dead_one_is() -> None:
    health = Health()
    health.ill("tail", "3 s behind")
    assert health.not_live() == {}
    assert health.not_ready() == {"tail": "3 s behind"}

    health.dead("loop", "stuck")
    assert health.not_live() == {"loop": "stuck"}


def test_a_probe_is_asked_each_time() -> None:
    health, answers = Health(), iter([None, "away", None])
    health.watch("kafka", lambda: next(answers))

    assert [dict(health.not_ready()) for _ in range(3)] == [{}, {"kafka": "away"}, {}]


def test_what_is_optional_makes_nobody_unready() -> None:
    health = Health()
    health.watch_optional("rooms", lambda: "Redis is away")

    assert health.not_ready() == {}
    assert health.impaired() == {"rooms": "Redis is away"}
    health.forget("rooms")
    assert health.impaired() == {}


def test_what_is_forgotten_is_not_asked_for() -> None:
    health = Health()
    health.ill("tail", "behind")
    health.forget("tail")

    assert health.not_ready() == {}
