(* Copyright The PolySocket authors
   SPDX-License-Identifier: LGPL-2.1-or-later *)

(* S1: one thread sends as fast as it can, another receives. *)

let make_jobs options =
  let reader, writer = Netsys_polypipe.create options.Bench.capacity in
  let send n =
    for i = 1 to n do
      Netsys_polypipe.write ~nonblock:false writer (Some i)
    done;
    true
  in
  let receive n =
    let intact = ref true in
    for i = 1 to n do
      if Netsys_polypipe.read ~nonblock:false reader <> Some i then intact := false
    done;
    !intact
  in
  [ send; receive ]

let () = Bench.run "stream" make_jobs
