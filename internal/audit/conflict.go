package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"

	"model-registrar/schemas"
)

// conflictMark stands between the id of an entry and the digest of its content, where the id was taken.
const conflictMark = "/conflict-"

// conflictID is the id under which an entry is kept whose own was taken by another one. A repetition has the same.
func conflictID(e schemas.AuditEntry) string {
	sum := sha256.Sum256(content(e))
	return e.EntryID + conflictMark + hex.EncodeToString(sum[:8])
}

// content is what an entry says, without its place in the chain.
func content(e schemas.AuditEntry) []byte {
	e.Seq, e.PrevHash, e.Hash = 0, "", ""
	raw, _ := json.Marshal(e) // checkEntry has marshalled it before
	return raw
}

// sameEntry reports whether the trail holds this very entry.
func sameEntry(text []byte, e schemas.AuditEntry) bool {
	var held schemas.AuditEntry
	return json.Unmarshal(text, &held) == nil && bytes.Equal(content(held), content(e))
}

// tellConflicts raises the alarm about entries whose ids were taken.
func tellConflicts(log *slog.Logger, trail string, added []sealed) {
	for _, s := range added {
		if s.conflict {
			id, _, _ := strings.Cut(s.id, conflictMark)
			log.Error("the audit trail holds another entry under the id of one that was written now; one of the two "+
				"is forged or "+
				"was written by mistake; both are kept; run `starter audit verify`", "trail", trail, "entry_id",
				shown(id), "seq", s.at.seq)
		}
	}
}
