"""One question to etcd for all who wait: an answer serves those who came before that was sent, and no others."""

import threading

from assay.core.errors import SystemFailure
from assay.ledger.etcd.confirmation import Shared

WAITERS = 8


class Slow:
    """Answers with the number of the question, once it may."""

    def __init__(self):
        self.asked = 0
        self.sent = threading.Semaphore(0)
        self.may_answer = threading.Semaphore(0)
        self.fault = None

    def __call__(self):
        self.asked += 1
        number = self.asked
        self.sent.release()
        assert self.may_answer.acquire(timeout=10)
        if self.fault is not None:
            raise self.fault
        return number


def started(shared, outcomes, number=1):
    def work():
        try:
            outcomes.append(shared.get())
        except BaseException as fault:
            outcomes.append(fault)

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def waiting(shared, slow, first, later, number):
    """A question under way for `first`, and `number` who came after it was sent."""
    threads = started(shared, first)
    assert slow.sent.acquire(timeout=10)
    threads += started(shared, later, number)
    return threads


def ended(slow, threads):
    for _ in threads:
        slow.may_answer.release()
    for thread in threads:
        thread.join(10)


def test_who_comes_after_the_question_waits_for_the_next():
    slow, first, later = Slow(), [], []
    shared = Shared(slow)
    threads = waiting(shared, slow, first, later, 1)
    slow.may_answer.release()
    assert slow.sent.acquire(timeout=10)  # the second question
    assert slow.asked == 2
    ended(slow, threads)
    assert (first, later) == ([1], [2])


class Counted:
    """A lock that knows how often it was let go of."""

    def __init__(self):
        self.lock = threading.Lock()
        self.times = 0

    def __enter__(self):
        self.lock.acquire()

    def __exit__(self, *_):
        self.times += 1
        self.lock.release()


def together(shared, outcomes, number):
    """`number` threads that all wait for one question."""
    shared._lock = Counted()  # each takes it once before it waits
    with shared._asking:
        threads = started(shared, outcomes, number)
        while shared._lock.times < number:
            threading.Event().wait(0.001)
    return threads


def test_all_who_wait_share_one_question():
    slow, outcomes = Slow(), []
    ended(slow, together(Shared(slow), outcomes, WAITERS))
    assert outcomes == [1] * WAITERS


def test_a_failure_is_everybodys_and_passes():
    slow, first, later = Slow(), [], []
    shared = Shared(slow)
    slow.fault = SystemFailure("etcd is away")
    threads = waiting(shared, slow, first, later, WAITERS)
    ended(slow, threads)
    assert first == [slow.fault]
    assert later == [slow.fault] * WAITERS
    before, slow.fault = slow.asked, None
    slow.may_answer.release()
    assert shared.get() == before + 1


def test_an_interruption_is_for_one_thread():
    slow, outcomes = Slow(), []
    shared = Shared(slow)
    slow.fault = KeyboardInterrupt()
    ended(slow, together(shared, outcomes, WAITERS))
    assert sorted(type(fault).__name__ for fault in outcomes) == ["KeyboardInterrupt"] + ["SystemFailure"] * (
        WAITERS - 1
    )
    slow.fault = None
    slow.may_answer.release()
    assert shared.get() == 2
