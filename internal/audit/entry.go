package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gowebpki/jcs"

	"model-registrar/schemas"
)

const (
	// maxEntry bounds an entry's text. One has some hundred bytes, and a few texts that people wrote.
	maxEntry = 256<<10 - 1
	// maxEntryID is what an index of PostgreSQL surely takes.
	maxEntryID = 1 << 10
)

// noHash is the prevHash of the first entry of a trail that began empty.
var noHash = strings.Repeat("0", 2*sha256.Size)

// link is an entry's place in the chain.
type link struct {
	seq  int64
	hash string
}

func (l link) receipt() schemas.AuditReceipt { return schemas.AuditReceipt{Seq: l.seq, Hash: l.hash} }

// seal makes an entry the one after prev, and returns its text and its place.
func seal(entry schemas.AuditEntry, prev link) (text []byte, at link, err error) {
	if prev.seq >= maxSeq {
		return nil, link{}, errSeq
	}
	entry.Seq, entry.PrevHash, entry.Hash = prev.seq+1, prev.hash, ""
	raw, err := json.Marshal(entry)
	if err != nil {
		return nil, link{}, err
	}
	if entry.Hash, err = hashOf(raw); err != nil {
		return nil, link{}, err
	}
	text, err = json.Marshal(entry)
	return text, link{entry.Seq, entry.Hash}, err
}

// hashOf is SHA-256, in hex, over the RFC 8785 form of a JSON document.
func hashOf(document []byte) (string, error) {
	canonical, err := jcs.Transform(document)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// checkEntry says why an entry can never be written. Then it must not come into a group, whose other entries would
// fail with it.
func checkEntry(entry schemas.AuditEntry) error {
	bad := func(why string) error { return fmt.Errorf("%w: %s", ErrEntry, why) }
	switch id := entry.EntryID; {
	case id == "":
		return bad("it has no entryId")
	case len(id) > maxEntryID:
		return bad(fmt.Sprintf("its entryId is longer than %d bytes", maxEntryID))
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return bad("its entryId has characters that are not for print")
	}
	text, _, err := seal(entry, link{math.MaxInt32, noHash})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEntry, err)
	}
	if len(text) > maxEntry {
		return bad(errTooLong.Error())
	}
	return nil
}

// head is what places an entry in the chain, as it is written in the entry itself.
type head struct {
	Seq      int64  `json:"seq"`
	PrevHash string `json:"prevHash"`
	EntryID  string `json:"entryId"`
	Hash     string `json:"hash"`
}

// maxSeq is the highest number that every reader of JSON takes for itself and not for another one.
const maxSeq = 1<<53 - 1

// maxFollowed is the highest number that the trail goes on from. It leaves room for more entries than any trail has,
// and a line with a higher one, which would be the last that can be, is damage.
const maxFollowed = maxSeq - 1<<32

var errSeq = fmt.Errorf("its number is not from 1 to %d", maxSeq)

// readHead reads it from an entry's text. Lines from before the chain have no Seq, and the tutorial's no EntryID.
func readHead(text []byte) (h head, err error) {
	err = json.Unmarshal(text, &h)
	if err == nil && (h.Seq < 0 || h.Seq > maxSeq) {
		err = errSeq
	}
	return h, err
}

var errNoObject = errors.New("it is no JSON object")

// computeHash computes what the hash of an entry must be from its text, whatever fields it has.
func computeHash(text []byte) (string, error) {
	// An object that names a field twice shows one value to some readers and another to others; this refuses it.
	if _, err := jcs.Transform(text); err != nil {
		return "", err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return "", err
	}
	if fields == nil {
		return "", errNoObject
	}
	delete(fields, "hash")
	rest, err := json.Marshal(fields)
	if err != nil {
		return "", err
	}
	return hashOf(rest)
}
