// Package testsuite holds what tests share and what spans packages; its own tests look at the project as a whole.
package testsuite
