from topics.runtime.tracing import FORM, child, new_traceparent, trace_id

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_new_trace_has_the_form_of_the_standard() -> None:
    assert FORM.match(new_traceparent())
    assert new_traceparent(lambda size: b"\x01" * size) == f"00-{'01' * 16}-{'01' * 8}-01"


def test_a_child_keeps_the_trace_and_its_flags_and_has_a_span_of_its_own() -> None:
    made = child(PARENT)

    assert FORM.match(made)
    assert trace_id(made) == trace_id(PARENT) == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert made != PARENT
    assert child(PARENT[:-2] + "00").endswith("-00")


def test_what_is_no_traceparent_begins_a_trace() -> None:
    for text in (
        None,
        "",
        "nonsense",
        PARENT.replace("4", "0")[:3] + "0" * 32 + PARENT[35:],
        PARENT + "x",
        PARENT + "\n",
    ):
        assert FORM.match(child(text))
        assert trace_id(text) is None
