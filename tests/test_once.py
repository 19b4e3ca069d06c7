"""What is worked out once is one object for all threads, and holds up no child process."""

from __future__ import annotations

import threading

from restpath.once import cached_property


def test_while_one_thread_works_it_out_another_one_need_not_wait_and_both_have_the_same() -> None:
    begun, go_on, seen = threading.Event(), threading.Event(), []

    class Thing:
        @cached_property
        def parts(self) -> list[int]:
            """Its parts."""
            if threading.current_thread() is not threading.main_thread():
                begun.set()
                assert go_on.wait(30)
            return []

    thing = Thing()
    other = threading.Thread(target=lambda: seen.append(thing.parts))
    other.start()
    assert begun.wait(30)
    mine = thing.parts  # with a lock, this would be where a forked child waits
    go_on.set()
    other.join()
    assert seen[0] is mine is thing.parts
    assert Thing.parts.__doc__ == "Its parts."
