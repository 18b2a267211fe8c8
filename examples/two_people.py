#!/usr/bin/env python3
"""Two people talk over the socket; one loses the connection in the middle, and loses nothing else.

    python3 -m pip install websockets
    examples/two_people.py http://127.0.0.1:8080

Ana and Bob make accounts and meet in a room. They talk. Then Bob's connection is cut: not closed,
but torn off, as a train in a tunnel does it. Ana says three things meanwhile, and Bob says one, which
waits. Bob comes back with his cursor, hears all of it once and in order, and says what waited.

What a client must do for that is in `Person`, in fifty lines: keep the cursor, pass over what it
has, send again what was not acknowledged under the same client id. It prints what happens, and
leaves with 1 as soon as anything is not as docs/protocol.md says.
"""

import asyncio
import json
import secrets
import sys
import urllib.error
import urllib.request
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 15


class NotAsDocumented(Exception):
    """The server did something else than the protocol says."""


def expect(what, expected, actual):
    if expected != actual:
        raise NotAsDocumented(f"{what}: expected {expected!r}, got {actual!r}")


class Rest:
    """The few requests that this example needs, with nothing but the standard library."""

    def __init__(self, base, token=None):
        self.base = base
        self.token = token

    async def call(self, method, path, body=None):
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method, path, body):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise NotAsDocumented(f"{method} {path}: {error.code} {error.read().decode()}") from None


class Person:
    """Somebody with one device: what a client keeps, and what it does with what comes."""

    def __init__(self, name, base, session):
        self.name = name
        self.id = session["user"]["id"]
        self.rest = Rest(base, session["access_token"])
        self.socket_url = base.replace("http", "ws", 1) + "/v1/socket"
        self.cursor = None
        self.messages = []  # (seq, sender, text), in order, each once
        self.last_seq = {}  # room: the last event that we have
        self.repeated = 0  # events that came again after a cut, and were passed over
        self.outbox = {}  # client_id: the send, until it is acknowledged
        self.acks = {}  # client_id: the ack
        self.receipts = {}  # user: how far they have read
        self.typing = set()
        self.live = False
        self.welcome = None
        self.changed = asyncio.Condition()

    def say(self, text):
        print(f"  {self.name:>4} {text}")

    # --- the connection ---

    async def come(self):
        """Connects, and goes on where it was."""
        self.live = False
        self.command_id = 0
        self.under_way = {}  # command id: client_id, or None
        self.socket = await connect(self.socket_url, subprotocols=["tidings.v1.json"])
        expect("the subprotocol", "tidings.v1.json", self.socket.subprotocol)
        hello = {"type": "hello", "token": self.rest.token}
        if self.cursor:
            hello["cursor"] = self.cursor
        await self.command(hello)
        answer = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))
        expect("the answer to hello", "ack", answer["type"])
        self.welcome = answer["welcome"]
        expect("who I am", self.id, self.welcome["user"]["id"])
        self.say(f"is connected: {self.welcome['resume']}")
        if not self.cursor:
            self.cursor = self.welcome["cursor"]
        self.connected = True
        self.reader = asyncio.create_task(self.read())
        for send in list(self.outbox.values()):
            self.say(f"sends again: {send['text']!r}")
            await self.command(send)

    async def command(self, command, client_id=None):
        """Every command has an id, which its answer carries. They rise."""
        self.command_id += 1
        self.under_way[self.command_id] = client_id or command.get("client_id")
        await self.socket.send(json.dumps({"id": self.command_id, **command}))

    async def read(self):
        try:
            async for frame in self.socket:
                self.hear(json.loads(frame))
                await self.notify()
        except ConnectionClosed:
            pass
        finally:
            self.connected = False
            await self.notify()

    async def notify(self):
        async with self.changed:
            self.changed.notify_all()

    def tear_off(self):
        """The connection breaks: no good-bye, no last frame."""
        self.socket.transport.abort()

    async def leave(self):
        await self.socket.close()
        await self.reader

    # --- what comes ---

    def hear(self, frame):
        kind = frame["type"]
        if kind == "event":
            self.hear_event(frame["event"])
        elif kind == "ack":
            client_id = self.under_way.pop(frame["id"])
            if client_id:
                self.acks[client_id] = frame
                self.outbox.pop(client_id, None)
        elif kind == "refusal":
            raise NotAsDocumented(f"{self.name} was refused: {frame}")
        elif kind == "checkpoint":
            # Everything up to here was sent. This is what to come back with.
            self.cursor = frame["cursor"]
            self.live = frame["live"]
        elif kind == "receipt":
            for receipt in frame["receipts"]:
                self.receipts[receipt["user"]] = receipt["read"]
        elif kind == "typing" and frame["active"]:
            self.typing.add(frame["user"])
        # Frames of other kinds, and of later versions, are passed over.

    def hear_event(self, event):
        room, seq = event["room"], event["seq"]
        last = self.last_seq.get(room, seq - 1)
        if seq <= last:
            self.repeated += 1
            return
        expect(f"the seq after {last}", last + 1, seq)
        self.last_seq[room] = seq
        if event["kind"] == "message.sent":
            text = event["body"]["text"]
            self.messages.append((seq, event["sender"], text))
            if event["sender"] != self.id:
                self.say(f"hears {text!r} (seq {seq})")

    # --- what is said ---

    def write(self, room, text):
        """Puts a message into the outbox: named once, so that sending it twice is harmless."""
        client_id = str(uuid.uuid4())
        send = {"type": "send", "room": room, "client_id": client_id, "text": text}
        self.outbox[client_id] = send
        return send

    async def send(self, room, text):
        send = self.write(room, text)
        self.say(f"says {text!r}")
        await self.command(send)
        return await self.acked(send)

    async def acked(self, send):
        await self.until(f"the ack of {send['text']!r}", lambda: send["client_id"] in self.acks)
        return self.acks[send["client_id"]]

    async def until(self, what, condition):
        async def wait():
            async with self.changed:
                await self.changed.wait_for(lambda: condition() or not self.connected)

        try:
            await asyncio.wait_for(wait(), PATIENCE_S)
        except TimeoutError:
            raise NotAsDocumented(f"{self.name} waited {PATIENCE_S} s for {what}") from None
        if not condition():
            await self.reader
            raise NotAsDocumented(f"{self.name}'s connection ended before {what}")

    def texts(self):
        return [text for _, _, text in self.messages]


async def sign_up(base, name):
    account = {
        "username": f"{name.lower()}-{secrets.token_hex(4)}",
        "password": secrets.token_urlsafe(16),
        "display_name": name,
        "device_name": "two_people.py",
    }
    return Person(name, base, await Rest(base).call("POST", "/v1/accounts", account))


async def meet(ana, bob):
    """A room of Ana's, which Bob enters by her invitation."""
    room = await ana.rest.call("POST", "/v1/rooms", {"kind": "group", "name": "Tunnel"})
    invitations = f"/v1/rooms/{room['id']}/invitations"
    invitation = await ana.rest.call("POST", invitations, {"uses_max": 1})
    joined = await bob.rest.call("POST", f"/v1/invitations/{invitation['code']}/accept")
    expect("the room that Bob is in", room["id"], joined["id"])
    return room["id"]


async def talk(ana, bob, room):
    ack = await ana.send(room, "Are you on the train?")
    expect("whether it was there already", False, ack["duplicate"])
    await bob.until("Ana's question", lambda: ana.texts() and bob.texts() == ana.texts())
    await bob.command({"type": "typing", "room": room})
    await ana.until("that Bob types", lambda: bob.id in ana.typing)
    ana.say("sees that Bob types")
    await bob.send(room, "Just left. A tunnel is coming")
    await ana.until("Bob's answer", lambda: len(ana.texts()) == 2)


async def cut(ana, bob, room):
    """Bob's connection is torn off; both go on talking."""
    bob.tear_off()
    await bob.reader
    bob.say("is cut off")
    waiting = bob.write(room, "(said in the tunnel)")
    bob.say(f"writes {waiting['text']!r}, which waits")
    for text in ["First thing", "Second thing", "Third thing"]:
        await ana.send(room, text)
    return waiting


async def come_back(ana, bob, waiting):
    before = len(bob.messages)
    await bob.come()
    expect("how the stream goes on", "resumed", bob.welcome["resume"])
    await bob.until("the end of catching up", lambda: bob.live)
    missed = ["First thing", "Second thing", "Third thing"]
    expect("what Bob has missed, once and in order", missed, bob.texts()[before:][:3])
    ack = await bob.acked(waiting)
    expect("whether it was there already", False, ack["duplicate"])
    await ana.until("what Bob said in the tunnel", lambda: waiting["text"] in ana.texts())
    # In doubt, send again: the same client id makes no second message.
    await bob.command(waiting)
    bob.acks.clear()
    again = await bob.acked(waiting)
    expect("whether it was there already", True, again["duplicate"])
    expect("its place, the same", ack["seq"], again["seq"])
    bob.say("sent it once more, and it is still one")


async def read_receipt(ana, bob, room):
    """Who sends has read up to there, and nobody is told; who reads says so, and the others are."""
    ack = await ana.send(room, "Welcome back")
    last = ack["seq"]
    await bob.until("Ana's welcome", lambda: bob.last_seq[room] == last)
    await bob.command({"type": "read", "room": room, "seq": last})
    await ana.until("Bob's receipt", lambda: ana.receipts.get(bob.id) == last)
    ana.say("sees that Bob has read everything")


async def compare(ana, bob, room):
    """Both have the same messages, each once, and history has them, too."""
    await bob.until("the last message", lambda: len(bob.messages) == len(ana.messages))
    expect("what Ana and Bob have", ana.messages, bob.messages)
    page = await bob.rest.call("GET", f"/v1/rooms/{room}/messages?limit=200")
    history = [(message["seq"], message["sender"], message["text"]) for message in page["messages"]]
    expect("the history", ana.messages, history)
    expect("how many messages there are", 7, len(history))


async def main(base):
    print("Two people")
    ana, bob = await asyncio.gather(sign_up(base, "Ana"), sign_up(base, "Bob"))
    room = await meet(ana, bob)
    await ana.come()
    await bob.come()
    expect("how a stream without a cursor begins", "fresh", bob.welcome["resume"])
    await talk(ana, bob, room)
    waiting = await cut(ana, bob, room)
    await come_back(ana, bob, waiting)
    await read_receipt(ana, bob, room)
    await compare(ana, bob, room)
    await asyncio.gather(ana.leave(), bob.leave())
    print(f"Each message once and in order; {bob.repeated} events came again and were passed over.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} URL, such as http://127.0.0.1:8080")
    try:
        asyncio.run(main(sys.argv[1].rstrip("/")))
    except NotAsDocumented as error:
        sys.exit(f"NOT AS DOCUMENTED: {error}")
    except OSError as error:
        sys.exit(f"no answer from {sys.argv[1]}: {error}")
