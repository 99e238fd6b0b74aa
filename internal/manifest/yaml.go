package manifest

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"model-registrar/schemas"
)

// readYAML reads YAML documents. Each is read by itself: the parser keeps the path of every node as text, so that the
// memory it takes grows with the square of what it is given.
func readYAML(data []byte) ([]*tree, error) {
	var trees []*tree
	for _, c := range splitYAML(data) {
		if len(c.text) > MaxDocumentBytes {
			return nil, documentTooLarge(place{c.line + 1, 1})
		}
		more, err := c.read()
		if err != nil {
			return nil, err
		}
		trees = append(trees, more...)
		if len(trees) > MaxDocuments {
			return nil, tooManyDocuments(place{c.line + 1, 1})
		}
	}
	return trees, nil
}

// chunk is the text of one document.
type chunk struct {
	text []byte
	line int // how many lines stand before it
}

// splitYAML cuts the text before every line that begins with `---`, which is a document marker wherever it stands,
// even in a block of text or between quotes (YAML 1.2.2, section 9.1.2).
func splitYAML(data []byte) []chunk {
	var chunks []chunk
	current := chunk{}
	lines := 0
	for line := range bytes.Lines(data) {
		rest, marker := bytes.CutPrefix(line, []byte("---"))
		if marker && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0) && lines > current.line {
			chunks = append(chunks, current)
			current = chunk{line: lines}
		}
		current.text = append(current.text, line...)
		lines++
	}
	return append(chunks, current)
}

// read parses a chunk. It looks at the tokens first: what would make the parser recurse without bound, or is refused
// anyway, never reaches it.
func (c chunk) read() ([]*tree, error) {
	tokens := lexer.Tokenize(string(c.text))
	t := &tree{places: places{}}
	if err := c.inspect(t, tokens); err != nil {
		return nil, err
	}
	if t.refused {
		return []*tree{t}, nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, c.broken(err)
	}
	var trees []*tree
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue // nothing but comments, or nothing at all
		}
		t := &tree{places: places{"": c.place(doc.Body)}}
		if t.value, err = c.value(t, doc.Body, "", 0); err != nil {
			return nil, err
		}
		trees = append(trees, t)
	}
	return trees, nil
}

// unwanted are the parts of YAML that a manifest has no use for. Anchors and aliases are what YAML bombs are made of;
// tags and merge keys make a document mean something else than it says.
var unwanted = map[token.Type]string{
	token.AnchorType: "anchors (&) are not allowed in a manifest; write the value out",
	token.AliasType: "aliases (*) are not allowed in a manifest; write the value out, or put it in quotes " +
		"if it is text",
	token.TagType:        "tags (!) are not allowed in a manifest; put the value in quotes if it is text",
	token.MergeKeyType:   "merge keys (<<) are not allowed in a manifest; write the values out",
	token.MappingKeyType: "keys that begin with ? are not allowed in a manifest; write `key: value`",
	token.DirectiveType:  "directives (%) are not allowed in a manifest; remove the line",
}

// inspect refuses unwanted parts of YAML, and nesting that is too deep.
func (c chunk) inspect(t *tree, tokens token.Tokens) error {
	flow, dashes, line := 0, 0, 0
	for _, tk := range tokens {
		at := c.at(tk)
		if message, ok := unwanted[tk.Type]; ok {
			t.refused = true
			t.complain("", at, schemas.CodeSyntax, message)
		}
		if at.line != line {
			line, dashes = at.line, 0
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType:
			dashes++ // a list in a list in a list, all on one line
		}
		if flow > maxDepth || dashes > maxDepth {
			return tooDeep(at)
		}
	}
	return nil
}

func (c chunk) at(tk *token.Token) place {
	return place{tk.Position.Line + c.line, tk.Position.Column}
}

// place returns where a node begins. A block's own token is its first colon or dash, so its first key is taken.
func (c chunk) place(n ast.Node) place {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return c.at(v.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return c.at(v.Key.GetToken())
	}
	return c.at(n.GetToken())
}

func (c chunk) broken(err error) error {
	broken := &ParseError{Kind: ErrBrokenInput, Message: "the YAML is broken here", Line: c.line + 1, Column: 1}
	var known yaml.Error
	if errors.As(err, &known) {
		if tk := known.GetToken(); tk != nil && tk.Position != nil {
			at := c.at(tk)
			broken.Line, broken.Column = at.line, at.column
		}
		reason := known.GetMessage()
		if strings.Contains(reason, "'\t'") {
			reason = "a tab indents it, and YAML takes spaces only"
		}
		broken.Message += ": " + reason
	}
	return broken
}

func (c chunk) value(t *tree, n ast.Node, path string, depth int) (any, error) {
	if depth == maxDepth && !isScalar(n) {
		return nil, tooDeep(c.place(n))
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return c.mapping(t, v.Values, path, depth)
	case *ast.MappingValueNode:
		return c.mapping(t, []*ast.MappingValueNode{v}, path, depth)
	case *ast.SequenceNode:
		values := make([]any, len(v.Values))
		for i, item := range v.Values {
			itemPath := element(path, i)
			t.places[itemPath] = c.place(item)
			var err error
			if values[i], err = c.value(t, item, itemPath, depth+1); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
	return c.scalar(t, n, path), nil
}

func isScalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		return false
	}
	return true
}

func (c chunk) mapping(t *tree, values []*ast.MappingValueNode, path string, depth int) (any, error) {
	object := make(map[string]any, len(values))
	for _, kv := range values {
		key, ok := kv.Key.(*ast.StringNode)
		if !ok {
			t.complain(path, c.place(kv.Key), schemas.CodeSyntax, "has a key that is not text; put the key in quotes")
			continue
		}
		field, first := t.key(object, path, key.Value, c.place(key))
		if !first {
			continue
		}
		var err error
		if object[key.Value], err = c.value(t, kv.Value, field, depth+1); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (c chunk) scalar(t *tree, n ast.Node, path string) any {
	switch v := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		// The token's value is without prefix and underscores; its origin is what was written, and the space around it.
		return t.number(path, strings.TrimSpace(n.GetToken().Origin))
	case *ast.StringNode:
		// Numbers that the parser cannot hold, and those with an exponent, arrive as text.
		if v.Token.Type == token.StringType && decimal.MatchString(v.Value) {
			return t.number(path, v.Value)
		}
		return v.Value
	case *ast.NanNode, *ast.InfinityNode:
		t.complain(path, t.places.locate(path), schemas.CodeNumber, "must be a finite number")
	default:
		t.complain(path, t.places.locate(path), schemas.CodeSyntax,
			"is written in a way that a manifest cannot have; write a plain value")
	}
	return unreadable{}
}

// decimal is plain text that YAML 1.2's core schema takes for a decimal number.
var decimal = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
