package main

import (
	"fmt"
	"slices"
	"strings"
)

// choice is a flag that takes one of a few values, in any case.
type choice struct {
	value   *string
	allowed []string
}

func oneOf(value *string, allowed ...string) *choice { return &choice{value, allowed} }

// names is a list of names as a flag takes them.
func names[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, name := range list {
		all[i] = string(name)
	}
	return all
}

// String returns the value.
func (c *choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

// Set takes a value over if it is allowed.
func (c *choice) Set(s string) error {
	i := slices.IndexFunc(c.allowed, func(a string) bool { return strings.EqualFold(a, s) })
	if i < 0 {
		return fmt.Errorf("must be one of: %s", strings.Join(c.allowed, ", "))
	}
	*c.value = c.allowed[i]
	return nil
}

// Type names the values in the help.
func (c *choice) Type() string {
	if len(c.allowed) > 3 {
		return "name"
	}
	return strings.Join(c.allowed, "|")
}
