// Package console writes lines for people: styled on a terminal, plain elsewhere, and redrawn in place while something
// is going on. Whatever text it is given, only its own escape sequences reach the terminal.
package console
