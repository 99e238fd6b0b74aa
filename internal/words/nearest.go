package words

// Nearest returns the word that a misspelt one probably was, or nothing if none is near: one in three of its bytes may
// be wrong, and one in any case.
func Nearest(misspelt string, known []string) string {
	if len(misspelt) > 64 {
		return ""
	}
	best, nearest := "", max(1, len(misspelt)/3)+1
	for _, candidate := range known {
		if d := distance(misspelt, candidate); d < nearest {
			best, nearest = candidate, d
		}
	}
	return best
}

// distance is the Levenshtein distance: how many letters must be added, removed or replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
