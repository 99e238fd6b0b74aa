package lease

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is the monotonic clock that goes on while the machine is suspended, unlike the one of package time.
func sinceBoot() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return time.Duration(time.Now().UnixNano())
	}
	return time.Duration(ts.Nano())
}
