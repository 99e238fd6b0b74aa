//go:build !linux

package lease

import "time"

// sinceBoot is the wall clock where no monotonic one counts suspension.
func sinceBoot() time.Duration { return time.Duration(time.Now().UnixNano()) }
