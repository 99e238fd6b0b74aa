// Package quota keeps the calls of one process within the request quota of its OAuth client, which other processes use
// too. There is no coordination between processes but what the platform says in each of its replies: how many calls may
// be made in the current window, how many have been made by everybody, and when the window ends. docs/quota.md says why
// it is done this way.
//
// # How it works
//
// Picture a window of the platform as a chart: time to the right, calls made by everybody upwards. A line begins a
// little above what was used when the window was first seen and reaches the usable quota at the window's end
// ([window]). A call may be made while the number of calls made, with those in flight, is below the line; otherwise it
// waits in a queue until the line has risen above it ([Pacer.opens]). Every reply corrects the count and the window's
// end ([Pacer.learn]), so that processes that know nothing of each other follow one line together.
//
//   - The queue is ordered by [Class] and, within a class, first come first served ([queue]).
//   - A caller that would wait longer than [patience] is deferred: it gets [*Deferred] with the time at which there is
//     room, leaves the queue, and comes back by itself (Temporal retries its activity). Deferrals are kept in the order
//     of their times, so that callers that are deferred one after the other get times one after the other
//     ([Pacer.reserve]).
//   - While nothing is known of what others have used, one call at a time goes ahead, the scout, and the others wait
//     for its answer ([Pacer.blind]).
//   - After a 429 nothing is sent until its Retry-After is over (blockedUntil).
//
// How a call waits is said by its context, as its deadline is: who waits for it ([WithPriority], [Finishing]), and with
// which calls it waits together ([Reserve]).
package quota
