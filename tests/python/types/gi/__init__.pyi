# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# As much of PyGObject's types as those of PolySocket and the examples name, so that they can be
# checked where PyGObject-stubs is not installed.

def require_version(namespace: str, version: str) -> None: ...
