"""A process of TCP proxies that a test cuts and heals, to partition a network.

    python proxy.py LISTEN:TARGET...        then lines on standard input, each answered by "ok":
    cut I [FROM]     proxy I holds back everything, or what comes from the etcd node with the member id FROM (hex)
    heal             everything flows again, what was held back first

A cut is silent: connections stay open and new ones are accepted, as when packets are dropped. Nodes of etcd say who
they are in the header X-Server-From of the requests that they send each other.
"""

import asyncio
import re
import sys

SENDER = re.compile(rb"^X-Server-From: ([0-9a-f]+)\r?$", re.MULTILINE | re.IGNORECASE)


class Proxy:
    def __init__(self, target):
        self.target = target
        self.open = asyncio.Event()
        self.heal()

    def heal(self):
        self.all, self.senders = False, set()
        self.open.set()

    def cut(self, sender):
        if sender:
            self.senders.add(sender)
        else:
            self.all = True
        self.open.clear()

    async def passed(self, sender):
        while self.all or sender in self.senders:
            await self.open.wait()

    async def serve(self, reader, writer):
        try:
            first = await reader.read(1 << 16)
            found = SENDER.search(first)
            sender = found.group(1).decode() if found else ""
            await self.passed(sender)
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            back.write(first)
            await asyncio.gather(self.pump(reader, back, sender), self.pump(there, writer, sender))
        except OSError:
            pass
        finally:
            writer.close()

    async def pump(self, reader, writer, sender):
        try:
            while data := await reader.read(1 << 16):
                await self.passed(sender)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


async def main():
    proxies = []
    for pair in sys.argv[1:]:
        listen, target = map(int, pair.split(":"))
        proxies.append(Proxy(target))
        await asyncio.start_server(proxies[-1].serve, "127.0.0.1", listen)
    print("ok", flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().split():
        if line[0] == "cut":
            proxies[int(line[1])].cut(line[2] if len(line) > 2 else "")
        else:
            for proxy in proxies:
                proxy.heal()
        print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
