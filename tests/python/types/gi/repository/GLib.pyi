# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

from typing import Any, Final

from gi.repository import GObject

class Error(RuntimeError):
    message: str
    domain: str
    code: int
    def __init__(self, message: str = ..., domain: str = ..., code: int = ...) -> None: ...
    def matches(self, domain: str | int, code: int) -> bool: ...

class IOCondition(GObject.GFlags):
    IN: Final[IOCondition]
    OUT: Final[IOCondition]
    HUP: Final[IOCondition]

class MainContext(GObject.GBoxed): ...

class Source(GObject.GBoxed):
    def attach(self, context: MainContext | None = None) -> int: ...
    def set_callback(self, func: Any, user_data: Any = None) -> None: ...
