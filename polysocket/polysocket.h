/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define POLY_SOCKET_INSIDE
#include <polysocket/poly-socket-client.h>
#include <polysocket/poly-socket-debug.h>
#include <polysocket/poly-socket-endpoint.h>
#include <polysocket/poly-socket-enums.h>
#include <polysocket/poly-socket-pollable.h>
#include <polysocket/poly-socket-selector.h>
#include <polysocket/poly-socket-server.h>
#include <polysocket/poly-socket-service.h>
#include <polysocket/poly-socket-statistics.h>
#include <polysocket/poly-socket-types.h>
#include <polysocket/poly-socket-value.h>
#include <polysocket/poly-socket-version-macros.h>
#undef POLY_SOCKET_INSIDE
