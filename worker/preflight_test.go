package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMessagesThatSayTheSameBecomeFewer(t *testing.T) {
	began := time.Now()
	said := backOff{gap: checkEvery}
	var at []time.Duration
	for now := time.Duration(0); now <= startPatience; now += checkEvery {
		if said.again(began.Add(now)) {
			at = append(at, now)
		}
	}
	require.Equal(t, []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second, 30 * time.Second}, at)
}
