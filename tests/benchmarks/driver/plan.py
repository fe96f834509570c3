# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured: the cases, who takes part in each, and what is to be reached."""

import dataclasses

# Who takes part, and the Debian packages that bring them.
PEERS = {
    "polysocket": ("PolySocket", ""),
    "polysocket-batch": ("PolySocket, 32 a call", ""),
    "gasyncqueue": ("GAsyncQueue (no bound)", ""),
    "mutex": ("GMutex, 2 GCond, GQueue", ""),
    "eventfd": ("eventfd source (no bound)", ""),
    "idle": ("g_idle_add (no bound)", ""),
    "gstbus": ("GstBus (no bound)", "libgstreamer1.0-dev"),
    "zeromq": ("ZeroMQ inproc", "libzmq3-dev"),
    "nng": ("nng inproc", "libnng-dev"),
    "seqpacket": ("AF_UNIX SOCK_SEQPACKET", ""),
    "glistener": ("GSocketListener", ""),
    "ocamlnet": ("Ocamlnet polysocket", "ocaml-findlib ocaml-nox libocamlnet-ocaml-dev"),
    "rust": ("Rust channel", "cargo rustc librust-crossbeam-channel-dev"),
    "go": ("Go channel", "golang-go"),
    "ring": ("limit: spinning ring", ""),
    "futex": ("limit: bare futex", ""),
}

# Names that a program gives itself.
NAMES = {"crossbeam": "crossbeam", "sync_channel": "Rust sync_channel"}

THREADS = ("gasyncqueue", "mutex", "zeromq", "nng", "seqpacket", "ocamlnet", "rust", "go")
LOOPS = ("eventfd", "idle", "gstbus", "zeromq", "nng", "seqpacket")


@dataclasses.dataclass(frozen=True)
class Goal:
    """How many times faster than a peer we are to be, or how little something may cost."""

    peer: str                   # or, in cases without peers, what is looked at
    value: float
    must: bool = True           # or a value to reach for


@dataclasses.dataclass(frozen=True)
class Case:
    """One scenario with its numbers, measured as rounds of all who take part."""

    key: str
    title: str
    scenario: str
    cores: int
    peers: tuple
    goals: tuple = ()
    arguments: tuple = ()
    unit: str = "messages"
    kind: str = "rates"         # how it is measured


def _musts(**goals):
    return tuple(Goal(peer, value) for peer, value in goals.items())


def _reach(**goals):
    return tuple(Goal(peer, value, must=False) for peer, value in goals.items())


def _capacity(number):
    return ("--capacity", str(number))


EIGHT = ("--members", "8", *_capacity(1024))

CASES = (
    Case("S1-1024-2", "Stream, capacity 1024, two cores", "stream", 2,
         ("polysocket-batch", *THREADS, "ring"),
         (*_musts(zeromq=5, ocamlnet=10, gasyncqueue=2.5), *_reach(rust=1)), _capacity(1024)),
    Case("S1-16-2", "Stream, capacity 16, two cores", "stream", 2,
         ("polysocket-batch", *THREADS, "ring"),
         (*_musts(zeromq=12, ocamlnet=12, gasyncqueue=1), *_reach(rust=0.75)), _capacity(16)),
    Case("S1-1024-1", "Stream, capacity 1024, one core", "stream", 1,
         ("polysocket-batch", *THREADS),
         (*_musts(gasyncqueue=40, ocamlnet=2.5), *_reach(rust=1)), _capacity(1024)),
    Case("S1-16-1", "Stream, capacity 16, one core", "stream", 1,
         ("polysocket-batch", *THREADS), (), _capacity(16)),
    Case("S2-2", "Ping-pong, two cores", "ping-pong", 2, (*THREADS, "ring", "futex"),
         (*_musts(gasyncqueue=10), *_reach(rust=1)), unit="round trips"),
    Case("S2-1", "Ping-pong, one core", "ping-pong", 1, (*THREADS, "futex"),
         (*_musts(gasyncqueue=2.2), *_reach(rust=1)), unit="round trips"),
    Case("S3-2", "Stream into a main loop, two cores", "loop-stream", 2, LOOPS,
         (*_musts(eventfd=15, idle=60, zeromq=3), *_reach(eventfd=30)), _capacity(1024)),
    Case("S3-1", "Stream into a main loop, one core", "loop-stream", 1, LOOPS,
         (*_musts(eventfd=15, idle=60, zeromq=3), *_reach(eventfd=30)), _capacity(1024)),
    Case("S4-2", "Round trip with a main loop, two cores", "loop-ping-pong", 2, LOOPS,
         (*_musts(eventfd=1.3), *_reach(eventfd=1.5)), unit="round trips"),
    Case("S4-1", "Round trip with a main loop, one core", "loop-ping-pong", 1, LOOPS,
         (*_musts(eventfd=1.5), *_reach(eventfd=1.5)), unit="round trips"),
    Case("S5", "Connect, accept and close, in one thread", "connect", 1,
         ("ocamlnet", "seqpacket", "glistener"),
         (*_musts(ocamlnet=1, seqpacket=12), *_reach(ocamlnet=2)), unit="connections"),
    Case("S6", "What each of 10,000 idle connections keeps", "memory", 1,
         ("gasyncqueue", "zeromq", "nng", "seqpacket", "glistener"),
         (*_musts(allocated=1100, fds=0), *_reach(allocated=800)),
         ("--messages", "10000"), kind="memory"),
    Case("S7-thread", "Eight senders into one thread, two cores", "fan-in", 2,
         ("gasyncqueue", "mutex", "zeromq", "nng", "rust", "go"), (), EIGHT),
    Case("S7-loop", "Eight senders into one main loop, two cores", "fan-in-loop", 2, LOOPS,
         (*_musts(eventfd=10, zeromq=2.5), *_reach(zeromq=3.5)), EIGHT),
    Case("S7q", "Two senders on one endpoint, two cores", "fan-in-shared", 2,
         ("gasyncqueue", "mutex", "nng", "seqpacket", "rust", "go"), (), _capacity(1024)),
    Case("S8", "Ten busy among many, in one thread", "crowd", 1, (),
         (*_musts(growth=1.5), *_reach(growth=1)), kind="crowd"),
    Case("S9", "Nothing happens on 1,000 connections in a main loop", "idle", 2,
         ("eventfd", "zeromq", "nng", "seqpacket"), _musts(switches=0, cpu=0),
         ("--messages", "1000"), kind="idle"),
    Case("I-1", "Instructions for one message, sent and received in one thread", "queue", 1,
         ("gasyncqueue", "mutex", "zeromq", "rust", "ring"), (), _capacity(1024),
         kind="instructions"),
    Case("I-2", "Instructions for one message of a stream between two threads", "stream", 1,
         ("gasyncqueue", "mutex", "zeromq", "rust"), (), _capacity(1024),
         kind="instructions"),
)

# The cases of which the manual has pictures.
PICTURES = ("S1-1024-2", "S1-1024-1", "S2-2", "S3-2", "S8")
