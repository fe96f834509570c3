# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

from gi.repository import GObject

class AsyncResult(GObject.GInterface): ...

class Cancellable(GObject.Object):
    def cancel(self) -> None: ...
