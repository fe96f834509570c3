// Copyright The PolySocket authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The scenarios between threads with the channels of Go, whose threads are goroutines: they share
// the processors that the caller leaves to this process.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Set when the program is built.
var scenario string

var (
	messages = flag.Int("messages", 1000, "how many messages")
	capacity = flag.Int("capacity", 16, "how many may be queued")
	members  = flag.Int("members", 10, "how many senders")
	cpus     = flag.String("cpus", "", "on which processors")
)

// Moves n messages and says whether all arrived.
type job func(n int) bool

func sendTo(channel chan<- int) job {
	return func(n int) bool {
		for i := 1; i <= n; i++ {
			channel <- i
		}
		return true
	}
}

func receiveFrom(channel <-chan int) job {
	return func(n int) bool {
		intact := true
		for i := 1; i <= n; i++ {
			intact = <-channel == i && intact
		}
		return intact
	}
}

func stream() []job {
	channel := make(chan int, *capacity)
	return []job{receiveFrom(channel), sendTo(channel)}
}

func pingPong() []job {
	questions, answers := make(chan int, *capacity), make(chan int, *capacity)
	ask := func(n int) bool {
		intact := true
		for i := 1; i <= n; i++ {
			questions <- i
			intact = <-answers == i && intact
		}
		return intact
	}
	answer := func(n int) bool {
		for i := 1; i <= n; i++ {
			answers <- <-questions
		}
		return true
	}
	return []job{ask, answer}
}

type mail struct{ sender, number int }

func fanIn(nSenders, room int) []job {
	channel := make(chan mail, room)
	jobs := []job{func(n int) bool {
		intact := true
		last := make([]int, nSenders)
		for i := 0; i < (n/nSenders+1)*nSenders; i++ {
			message := <-channel
			last[message.sender]++
			intact = last[message.sender] == message.number && intact
		}
		return intact
	}}
	for sender := 0; sender < nSenders; sender++ {
		sender := sender
		jobs = append(jobs, func(n int) bool {
			for i := 1; i <= n/nSenders+1; i++ {
				channel <- mail{sender, i}
			}
			return true
		})
	}
	return jobs
}

func makeJobs() []job {
	switch scenario {
	case "stream":
		return stream()
	case "ping-pong":
		return pingPong()
	case "fan-in":
		return fanIn(*members, *capacity**members)
	default:
		return fanIn(2, *capacity)
	}
}

// Runs all jobs at once, and waits for them.
func run(jobs []job, n int) bool {
	var group sync.WaitGroup
	results := make([]bool, len(jobs))
	for i := range jobs {
		i := i
		group.Add(1)
		go func() {
			defer group.Done()
			results[i] = jobs[i](n)
		}()
	}
	group.Wait()
	intact := true
	for _, result := range results {
		intact = result && intact
	}
	return intact
}

func usage() (result syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &result)
	return
}

func seconds(after, before syscall.Timeval) float64 {
	return time.Duration(after.Nano() - before.Nano()).Seconds()
}

func main() {
	flag.Parse()
	cores := 0
	if *cpus != "" {
		cores = len(strings.Split(*cpus, ","))
	}
	jobs := makeJobs()
	intact := run(jobs, *messages/10+1)
	before, start := usage(), time.Now()
	intact = run(jobs, *messages) && intact
	elapsed, after := time.Since(start), usage()
	fmt.Printf("{\"scenario\": %q, \"peer\": \"go\", \"cores\": %d, \"capacity\": %d, "+
		"\"members\": %d, \"messages\": %d, \"seconds\": %.9f, \"user\": %.6f, "+
		"\"system\": %.6f, \"switches\": %d, \"intact\": %t}\n",
		scenario, cores, *capacity, *members, *messages, elapsed.Seconds(),
		seconds(after.Utime, before.Utime), seconds(after.Stime, before.Stime),
		after.Nvcsw-before.Nvcsw+after.Nivcsw-before.Nivcsw, intact)
	if !intact {
		os.Exit(1)
	}
}
