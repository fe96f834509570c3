(* Copyright The PolySocket authors
   SPDX-License-Identifier: LGPL-2.1-or-later *)

(* S2: one thread asks and waits, another answers. *)

let make_jobs options =
  let asked, ask = Netsys_polypipe.create options.Bench.capacity in
  let answered, answer = Netsys_polypipe.create options.Bench.capacity in
  let client n =
    let intact = ref true in
    for i = 1 to n do
      Netsys_polypipe.write ~nonblock:false ask (Some i);
      if Netsys_polypipe.read ~nonblock:false answered <> Some i then intact := false
    done;
    !intact
  in
  let server n =
    for _ = 1 to n do
      Netsys_polypipe.write ~nonblock:false answer (Netsys_polypipe.read ~nonblock:false asked)
    done;
    true
  in
  [ client; server ]

let () = Bench.run "ping-pong" make_jobs
