// Package quota keeps the calls of one process within the request quota of its OAuth client, which other processes use
// too. There is no coordination between processes but what the platform says in each of its replies: how many calls may
// be made in the current window, how many have been made by everybody, and when the window ends. docs/quota.md says why
// it is done this way.
package quota
