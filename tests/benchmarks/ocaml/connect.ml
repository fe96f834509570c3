(* Copyright The PolySocket authors
   SPDX-License-Identifier: LGPL-2.1-or-later *)

(* S5: connections are asked for, accepted and closed, one after the other. *)

let connect server capacity =
  let client = Netsys_polysocket.create_client capacity in
  Netsys_polysocket.connect client server;
  let accepted_reader, accepted_writer = Netsys_polysocket.accept ~nonblock:false server in
  let reader, writer = Netsys_polysocket.endpoint ~synchronous:true ~nonblock:false client in
  List.iter Netsys_polypipe.close [ accepted_reader; accepted_writer; reader; writer ]

let make_jobs options =
  let server : int Netsys_polysocket.polyserver = Netsys_polysocket.create_server () in
  let connect_all n =
    for _ = 1 to n do
      connect server options.Bench.capacity
    done;
    true
  in
  [ connect_all ]

let () = Bench.run "connect" make_jobs
