"""The mailbox of a process that does not lead: a key in etcd that lives with the process's lease.

It holds one request, which the leader's answer takes the place of (`mail`). Each write of ours names the mailbox that
we made and what we saw in it last, so none takes the place of something that we do not know.
"""

from __future__ import annotations

import threading

from assay.ledger.base import QueueFull
from assay.ledger.etcd.chain import Chain
from assay.ledger.etcd.errors import Unavailable
from assay.ledger.etcd.gateway import KeyValue, absent, created_at, get, modified_at, put
from assay.ledger.etcd.leadership import Leadership
from assay.ledger.etcd.mail import MAX_MAILBOXES, Answer, Request, is_answer

__all__ = ["Mailbox"]


class Mailbox:
    """Used by one thread; `seen` and the properties by any. `changed` is told of each new content."""

    def __init__(self, chain: Chain, leadership: Leadership, changed: threading.Condition) -> None:
        self._chain = chain
        self._leadership = leadership
        self._changed = changed
        self._content: KeyValue | None = None
        self._lease = 0
        self._sequence = 0

    @property
    def content(self) -> KeyValue | None:
        """What was in it when it was seen last; None when there is no mailbox."""
        with self._changed:
            return self._content

    @property
    def is_lost(self) -> bool:
        """Whether its lease ran out."""
        return self._leadership.lease != self._lease

    def owns(self, key: bytes) -> bool:
        """Whether `key` is that of this mailbox."""
        content = self._content
        return content is not None and content.key == key

    def seen(self, mailbox: KeyValue) -> None:
        """A mailbox changed: if it is this one, the leader may have answered."""
        with self._changed:
            mine = self._content
            if mine is not None and mailbox.key == mine.key and mailbox.modified > mine.modified:
                self._content = mailbox
                self._changed.notify_all()

    def send(self, height: int, transactions: tuple[bytes, ...]) -> bool:
        """Put in a request of a process that has the chain up to `height`; False when the mailbox was lost."""
        self._sequence += 1
        value = self._chain.bodies.pack(Request(self._sequence, height, transactions).encoded)
        while True:
            mine = self._claim()
            outcome = self._chain.gateway.transact(
                [modified_at(mine.key, mine.modified), created_at(mine.key, mine.created)],
                [put(mine.key, value, mine.lease), get(mine.key)],
                [get(mine.key)],
                repeatable=True,  # a second time it fails, and finds the request or its answer
            )
            (pairs,) = outcome.reads
            with self._changed:
                if not pairs or pairs[0].created != mine.created:
                    self._content = None
                    return False
                if self._content is None or pairs[0].modified > self._content.modified:
                    self._content = pairs[0]
            if outcome.succeeded or pairs[0].value == value or self.answer_in(pairs[0]) is not None:
                return True

    def answer_in(self, content: KeyValue | None) -> Answer | None:
        """The answer to the last request, if that is the content."""
        if content is None or not content.value:
            return None
        body = self._chain.bodies.unpack(content.value)
        answer = Answer.decode(body) if is_answer(body) else None
        return answer if answer is not None and answer.sequence == self._sequence else None

    def withdraw(self) -> None:
        """Take the request back, so that no leader finds in it what we may refuse."""
        mine = self.content
        if mine is None:
            return
        outcome = self._chain.gateway.transact(
            [created_at(mine.key, mine.created)], [put(mine.key, b"", mine.lease), get(mine.key)], repeatable=True
        )
        with self._changed:
            self._content = outcome.reads[0][0] if outcome.succeeded else None

    def _claim(self) -> KeyValue:
        """The mailbox; a new one when the lease of the old one ran out."""
        lease = self._leadership.lease
        if not lease:
            raise Unavailable("no lease yet")
        mine = self.content
        if mine is not None and self._lease == lease:
            return mine
        for number in range(MAX_MAILBOXES):
            key = b"%s%02d" % (self._chain.layout.mail_prefix, number)
            made = self._chain.gateway.transact(
                [absent(key)], [put(key, b"", lease), get(key)], [get(key)],
                repeatable=True,  # a second time it fails, and finds our lease
            )  # fmt: skip
            ((found,),) = made.reads
            if found.lease == lease:
                with self._changed:
                    self._content, self._lease = found, lease
                    return found
        raise QueueFull(f"{MAX_MAILBOXES} processes hand transactions to the leader, and no more may; try again later")
