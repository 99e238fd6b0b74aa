package probe

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// maxDepth bounds how deep content and errors are followed.
const maxDepth = 16

// node is a value of an endpoint's JSON, of which nothing is taken for granted: whatever is absent or of another type
// reads as empty. It is the one way in which the probe reads JSON, so that a statistic of an odd type decides nothing.
type node struct{ value any }

// parseJSON reads exactly one JSON value.
func parseJSON(data []byte) (node, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var n node
	if dec.Decode(&n.value) != nil {
		return node{}, false
	}
	_, err := dec.Token()
	return n, err == io.EOF
}

// parsePrefix reads the object or list that a text begins with, and returns what follows.
func parsePrefix(text string) (n node, rest string, is bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&n.value) != nil {
		return node{}, "", false
	}
	rest = strings.TrimSpace(text[dec.InputOffset():])
	_, object := n.value.(map[string]any)
	return n, rest, object || rest == ""
}

// at descends through objects.
func (n node) at(path ...string) node {
	for _, key := range path {
		object, _ := n.value.(map[string]any)
		n = node{object[key]}
	}
	return n
}

// or is n, or else the other one when n is not there.
func (n node) or(other node) node {
	if n.absent() {
		return other
	}
	return n
}

func (n node) absent() bool { return n.value == nil }

func (n node) has(key string) bool { return !n.at(key).absent() }

// list returns the elements of a list; what is no list is a list of itself.
func (n node) list() []node {
	items, is := n.value.([]any)
	if !is && n.absent() {
		return nil
	} else if !is {
		return []node{n}
	}
	nodes := make([]node, len(items))
	for i, item := range items {
		nodes[i] = node{item}
	}
	return nodes
}

func (n node) first() node {
	if all := n.list(); len(all) > 0 {
		return all[0]
	}
	return node{}
}

// text returns a text, or a number as text.
func (n node) text() string {
	switch v := n.value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// count reads a number of tokens, also one written as text or with a fraction. It is never negative, so that no claim
// gives a budget anything back.
func (n node) count() int {
	f, err := strconv.ParseFloat(strings.TrimSpace(n.text()), 64)
	if err != nil || !(f > 0) {
		return 0
	}
	return int(min(f, 1<<30))
}

// content collects what a model said, in whatever shape: a text, an object with text, a list of any of these, nested.
type content struct {
	visible, thinking strings.Builder
	refused           bool
}

func (c *content) add(n node) { c.collect(n, false, 0) }

func (c *content) think(n node) { c.collect(n, true, 0) }

func (c *content) collect(n node, thinking bool, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := n.value.(type) {
	case string:
		if thinking {
			c.thinking.WriteString(v)
		} else {
			c.visible.WriteString(v)
		}
	case []any:
		for _, item := range v {
			c.collect(node{item}, thinking, depth+1)
		}
	case map[string]any:
		c.part(n, thinking, depth+1)
	}
}

// part reads one typed part. Types that are not known add nothing.
func (c *content) part(n node, thinking bool, depth int) {
	said := n.at("text").or(n.at("content")).or(n.at("value"))
	switch kind := folded(n.at("type").text()); {
	case strings.Contains(kind, "redacted"):
	case thinking || strings.Contains(kind, "thinking") || strings.Contains(kind, "reasoning"):
		c.collect(thoughts(n).or(n.at("summary")).or(said), true, depth)
	case kind == "refusal":
		c.refused = c.refused || n.at("refusal").text() != ""
	case kind == "" || kind == "text" || kind == "textdelta" || kind == "outputtext" || kind == "inputtext":
		c.collect(thoughts(n), true, depth)
		c.collect(said, false, depth)
	}
}

// thoughts is a model's reasoning, under one of the names that servers use.
func thoughts(n node) node {
	for _, key := range []string{"reasoning_content", "reasoning", "thinking", "reasoning_details", "thought"} {
		if inner := n.at(key); inner.value != "" && !inner.absent() {
			return inner
		}
	}
	return node{}
}

// folded is a machine's word without regard to case and punctuation: DeploymentNotFound and deployment_not_found are
// one.
func folded(word string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, word)
}
