(* Copyright The PolySocket authors
   SPDX-License-Identifier: LGPL-2.1-or-later *)

(* The harness of poly-bench.c for programs in OCaml. The processors are those that the caller
   leaves to this process: two threads of OCaml never run at once anyway. *)

type options = { messages : int; capacity : int; cores : int }

let parse () =
  let messages = ref 1000 and capacity = ref 16 and cores = ref 0 in
  let count cpus = cores := List.length (String.split_on_char ',' cpus) in
  Arg.parse
    [ ("--messages", Arg.Set_int messages, "N  How many messages");
      ("--capacity", Arg.Set_int capacity, "N  How many may be queued");
      ("--cpus", Arg.String count, "N,N  On which processors") ]
    (fun word -> raise (Arg.Bad word))
    "";
  { messages = !messages; capacity = !capacity; cores = !cores }

let print options scenario seconds before after intact =
  Printf.printf
    "{\"scenario\": \"%s\", \"peer\": \"ocamlnet\", \"cores\": %d, \"capacity\": %d, \
     \"messages\": %d, \"seconds\": %.9f, \"user\": %.6f, \"system\": %.6f, \"intact\": %b}\n"
    scenario options.cores options.capacity options.messages seconds
    (after.Unix.tms_utime -. before.Unix.tms_utime)
    (after.Unix.tms_stime -. before.Unix.tms_stime)
    intact;
  if not intact then exit 1

(* Each job moves so many messages and returns whether all arrived. *)
let run_jobs jobs n =
  let intact = ref true in
  let start job = Thread.create (fun () -> if not (job n) then intact := false) () in
  List.iter Thread.join (List.map start jobs);
  !intact

let run scenario make_jobs =
  let options = parse () in
  let jobs = make_jobs options in
  let warm = run_jobs jobs ((options.messages / 10) + 1) in
  let before = Unix.times () and start = Unix.gettimeofday () in
  let intact = run_jobs jobs options.messages in
  let seconds = Unix.gettimeofday () -. start in
  print options scenario seconds before (Unix.times ()) (warm && intact)
